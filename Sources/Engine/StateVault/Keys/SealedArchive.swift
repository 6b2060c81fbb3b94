/// Sealed messages outside of the database that name keys: the backups.
package protocol SealedArchive: Sendable {
    /// What one message is, for people: `backup`.
    var noun: String { get }

    /// How many messages each key wraps.
    ///
    /// - Parameter isThorough: Looks also at what the database doesn't list, however long that takes: before a key goes for good.
    /// - Returns: The counts by key.
    /// - Throws: When that can't be found out.
    func uses(isThorough: Bool) async throws -> [String: Int]

    /// Wraps messages anew until none is left that one of `keys` wraps, or none that can be.
    ///
    /// May be killed at any point and called again.
    ///
    /// - Parameters:
    ///   - keys: The old ones.
    ///   - name: The new one.
    ///   - report: Called after each, with whether it was done.
    /// - Throws: When the place is away or refuses.
    func rewrap(from keys: Set<String>, to name: String, report: @Sendable (Bool) async -> Void) async throws
}

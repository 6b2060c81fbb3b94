/// Names one queued piece of work: `<prefix>-<unix milliseconds>-<6 of a-z0-9>`, for example `deploy-1764580000000-k3x9qa`.
package struct JobID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")

    /// Makes a new id.
    ///
    /// - Parameters:
    ///   - prefix: What the job does, in lower-case letters: `deploy`, `destroy`, `plan`.
    ///   - unixMilliseconds: When it was asked for.
    ///   - random: Source of the six characters, 2.1 billion values a millisecond.
    /// - Returns: An id that no other has, but for a chance of one in 2.1 billion.
    package static func make(
        prefix: String,
        unixMilliseconds: Int64,
        using random: inout some RandomNumberGenerator
    ) -> JobID {
        let tail = (0..<6).compactMap { _ in alphabet.randomElement(using: &random) }
        return JobID(rawValue: "\(prefix)-\(unixMilliseconds)-\(String(tail))")
    }
}

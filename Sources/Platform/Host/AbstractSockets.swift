internal import CLinux

/// Unix sockets that are names and no files: every process of a network namespace may connect to them, whatever files it sees.
///
/// - SeeAlso: unix(7), landlock(7)
package enum AbstractSockets {
    /// Whether the kernel can keep a process from those of others: Linux 6.12 and newer, with Landlock switched on.
    package static let canBeClosed = slipway_landlock_abi() >= 6

    /// Closes them to this thread for good, and to what it starts.
    ///
    /// - Throws: ``HostError``
    static func closeToThread() throws(HostError) {
        let number = slipway_scope_thread()
        guard number == 0 else { throw HostError(errno: number, doing: "close", path: "the abstract sockets of others") }
    }
}

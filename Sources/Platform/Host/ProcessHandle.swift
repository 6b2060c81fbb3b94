internal import CLinux
internal import Dispatch
internal import Glibc

/// A process that need not be our child, held so that its id can't come to mean another one.
///
/// - SeeAlso: pidfd_open(2)
package final class ProcessHandle: Sendable {
    package let pid: Int32
    private let descriptor: Int32

    /// Nil when there is no such process, or it is not ours to touch.
    package init?(_ pid: Int32) {
        let descriptor = slipway_pidfd_open(pid)
        guard descriptor >= 0 else { return nil }
        self.pid = pid
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends a signal, unless it has ended.
    ///
    /// - Parameter number: As in signal(7).
    /// - Returns: Whether it was sent.
    @discardableResult
    package func signal(_ number: Int32) -> Bool { slipway_pidfd_send_signal(descriptor, number) == 0 }

    package var hasEnded: Bool { hasEnded(within: 0) }

    /// Waits for its end, off the caller's thread.
    ///
    /// - Parameter limit: How long at most.
    /// - Returns: Whether it has ended.
    package func waitForEnd(limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let milliseconds = Int32(exactly: (limit.timeInterval * 1000).rounded()) ?? .max
            DispatchQueue.global().async { continuation.resume(returning: self.hasEnded(within: milliseconds)) }
        }
    }

    /// Blocks until its end, at most 2 s: for what was just killed.
    package func waitBriefly() { _ = hasEnded(within: 2000) }

    private func hasEnded(within milliseconds: Int32) -> Bool {
        var facts = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&facts, 1, milliseconds) > 0
    }
}

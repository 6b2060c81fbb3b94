/// How long to wait for a lock that another holds: exponential backoff with jitter, up to a limit.
package struct LockWait: Sendable {
    /// In all; nothing at first try when zero.
    package var limit: Duration
    /// The first pause, before jitter; each further one is twice as long.
    package var firstPause: Duration = .milliseconds(100)
    package var longestPause: Duration = .seconds(5)

    package init(limit: Duration) { self.limit = limit }

    /// Doesn't wait.
    package static let none = LockWait(limit: .zero)

    /// The pause after a failed try, or nil when the limit is reached.
    ///
    /// - Parameters:
    ///   - attempt: Counted from 0.
    ///   - waited: Since the first try.
    ///   - jitter: 0 to 1: those who wait for the same lock don't come back together.
    /// - Returns: What to wait before the next try.
    func pause(after attempt: Int, waited: Duration, jitter: Double) -> Duration? {
        let left = limit - waited
        guard left > .zero else { return nil }
        let full = min(firstPause * (1 << min(attempt, 20)), longestPause)
        return min(full * (0.5 + jitter / 2), left)
    }
}

/// How often a request is tried, and the pauses between.
package struct RetryPolicy: Sendable {
    /// All tries, the first one included.
    package var attempts = 4
    /// Doubled with each failure.
    package var firstPause: Duration = .milliseconds(200)
    /// Also the longest that a server may ask for.
    package var longestPause: Duration = .seconds(5)
    /// The part of a pause that is kept, 0 to 1: many clients must not come back at the same moment.
    package var jitter: @Sendable () -> Double = { .random(in: 0.5...1) }

    package init() {}

    /// No second try.
    package static let once: RetryPolicy = {
        var policy = RetryPolicy()
        policy.attempts = 1
        return policy
    }()

    /// How long to wait after the failure of a try, counted from 1; nil when it is final.
    package func pause(after attempt: Int, failing error: RemoteError) -> Duration? {
        guard attempt < attempts, error.isTransient else { return nil }
        // Who was silent for half a minute, twice, is away: a person may be waiting for this.
        if case .timedOut = error.reason, attempt >= 2 { return nil }
        let doubled = min(longestPause, firstPause * (1 << min(attempt - 1, 20))) * jitter()
        guard case .throttled(_, let asked?) = error.reason else { return doubled }
        return max(doubled, min(asked, longestPause))
    }

    /// Calls `body` until it succeeds, fails for good, or was tried often enough.
    ///
    /// - Throws: The last error of `body`; ``RemoteError/Reason/cancelled`` when the task is cancelled in a pause.
    package func run<T: Sendable>(_ body: () async throws(RemoteError) -> T) async throws(RemoteError) -> T {
        var attempt = 1
        while true {
            do throws(RemoteError) {
                return try await body()
            } catch {
                guard let pause = pause(after: attempt, failing: error) else { throw error }
                do { try await Task.sleep(for: pause) } catch { throw RemoteError(.cancelled) }
                attempt += 1
            }
        }
    }
}

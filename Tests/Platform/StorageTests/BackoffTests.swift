import Testing

@testable import Storage

/// Pauses between attempts to connect.
@Suite struct BackoffTests {
    @Test func `pauses double up to five seconds, and a success ends them`() {
        let now = ContinuousClock.now
        var backoff = Backoff()
        #expect(backoff.pause(now: now) == nil)
        let pauses = (1...10).map { _ in
            backoff.failed(jitter: 1, now: now)
            return backoff.pause(now: now) ?? .zero
        }
        let expected: [Double] = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5]
        #expect(pauses == expected.map { .seconds($0) })
        #expect(backoff.pause(now: now + .seconds(5)) == nil)
        backoff.succeeded()
        #expect(backoff.pause(now: now) == nil)
    }

    @Test func `jitter keeps a part of the pause`() {
        let now = ContinuousClock.now
        var backoff = Backoff()
        backoff.failed(jitter: 0.5, now: now)
        #expect(backoff.pause(now: now) == .milliseconds(25))
    }
}

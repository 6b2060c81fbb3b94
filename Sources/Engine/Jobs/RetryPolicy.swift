/// When the next attempt begins: exponential, with jitter, so that jobs that failed together don't come back together.
package struct RetryPolicy: Sendable, Equatable {
    /// Longest pause after the first failure.
    package var base: Duration
    /// Longest pause after any failure.
    package var cap: Duration

    /// Makes a policy; without arguments the product's: 60 s, doubled with each failure, at most an hour.
    package init(base: Duration = .seconds(60), cap: Duration = .seconds(3600)) {
        self.base = base
        self.cap = cap
    }

    /// Longest pause after the failure of `attempt`, counted from 1.
    package func ceiling(after attempt: Int) -> Duration {
        var pause = base
        for _ in 1..<max(1, min(attempt, 40)) where pause < cap { pause = pause * 2 }
        return min(pause, cap)
    }

    /// The pause after the failure of `attempt`, counted from 1: between half the ceiling and the ceiling.
    package func pause(after attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let half = ceiling(after: attempt) / 2
        return half + half * Double.random(in: 0...1, using: &random)
    }
}

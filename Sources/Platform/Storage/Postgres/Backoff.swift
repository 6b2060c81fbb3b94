/// When the next attempt to connect may be made: pauses of 50 ms, doubled with each failure up to 5 s, less a random part.
struct Backoff {
    private var failureCount = 0
    private var notBefore: ContinuousClock.Instant?

    /// How long to wait now, or nil.
    func pause(now: ContinuousClock.Instant = .now) -> Duration? {
        guard let notBefore, notBefore > now else { return nil }
        return notBefore - now
    }

    mutating func succeeded() { self = Backoff() }

    /// Makes the next pause longer, and keeps only the part `jitter` of it, 0 to 1.
    mutating func failed(jitter: Double, now: ContinuousClock.Instant = .now) {
        let pause = min(5, 0.05 * Double(1 << min(failureCount, 10)))
        failureCount += 1
        notBefore = now + .seconds(pause * jitter)
    }
}

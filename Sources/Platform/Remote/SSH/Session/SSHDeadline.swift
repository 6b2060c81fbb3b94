/// Until when something may take, and what is wrong then.
struct SSHDeadline {
    let instant: ContinuousClock.Instant
    let reason: SSHError.Reason

    init(after duration: Duration, _ reason: SSHError.Reason) {
        instant = .now + duration
        self.reason = reason
    }

    init(at instant: ContinuousClock.Instant, _ reason: SSHError.Reason) {
        self.instant = instant
        self.reason = reason
    }

    /// What poll(2) waits at most for it, rounded up; 0 when it is over.
    var milliseconds: Int32 { (instant - .now).pollMilliseconds }
    var isOver: Bool { instant <= .now }
}

extension Duration {
    /// For poll(2): at least 0, rounded up, at most an hour.
    var pollMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: min(3600, seconds)) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

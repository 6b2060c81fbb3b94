/// Notices when this process can't trust the time that has passed.
///
/// That is: a clock was set, the machine was suspended, the process was stopped. For one lease period after that, and after its own start, a
/// worker judges nobody dead.
struct ClockWatch {
    /// What was noticed.
    enum Jump: String, Sendable {
        case clockSet = "clock set"
        case suspended
        case paused
    }

    /// What the clocks said.
    struct Reading {
        var wall: Duration
        var elapsed: Duration
        var awake: Duration
    }

    private let lease: Duration
    private let clockTolerance: Duration
    private let pauseTolerance: Duration
    private var last: Reading
    /// By the clock `elapsed`.
    private(set) var judgesFrom: Duration

    init(start: Reading, lease: Duration, clockTolerance: Duration, pauseTolerance: Duration) {
        self.lease = lease
        self.clockTolerance = clockTolerance
        self.pauseTolerance = pauseTolerance
        last = start
        judgesFrom = start.elapsed + lease
    }

    /// Compares with the reading before; `planned` is how long it was to be between the two.
    mutating func observe(_ reading: Reading, planned: Duration) -> Jump? {
        defer { last = reading }
        let elapsed = reading.elapsed - last.elapsed
        let wall = reading.wall - last.wall
        let jump: Jump? =
            if (wall - elapsed).magnitude > clockTolerance {
                .clockSet
            } else if elapsed - (reading.awake - last.awake) > clockTolerance {
                .suspended
            } else if elapsed > planned + pauseTolerance {
                .paused
            } else {
                nil
            }
        if jump != nil { judgesFrom = max(judgesFrom, reading.elapsed + lease) }
        return jump
    }

    /// Whether leases that have run out may be taken for lost.
    func mayJudge(at elapsed: Duration) -> Bool { elapsed >= judgesFrom }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }

    /// As a number of seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

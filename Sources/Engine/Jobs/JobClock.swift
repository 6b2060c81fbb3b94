package import FoundationEssentials

/// The time, as a parameter.
package struct JobClock: Sendable {
    /// Time of day; goes into rows.
    package var wall: @Sendable () -> Date
    /// Time since the machine started, also while it was suspended (CLOCK_BOOTTIME); decides about this worker's own leases.
    package var elapsed: @Sendable () -> Duration
    /// Time that the machine was awake (CLOCK_MONOTONIC); what `elapsed` is ahead of it was a suspension.
    package var awake: @Sendable () -> Duration
    /// The worker corrects `wall` by PostgreSQL's own time, so that machines whose clocks differ agree about leases.
    package var followsDatabase: Bool

    package init(
        wall: @escaping @Sendable () -> Date,
        elapsed: @escaping @Sendable () -> Duration,
        awake: @escaping @Sendable () -> Duration,
        followsDatabase: Bool = false
    ) {
        self.wall = wall
        self.elapsed = elapsed
        self.awake = awake
        self.followsDatabase = followsDatabase
    }

    /// The machine's own clocks.
    package static let system: JobClock = {
        let continuousStart = ContinuousClock.now
        let suspendingStart = SuspendingClock.now
        return JobClock(
            wall: { Date() },
            elapsed: { ContinuousClock.now - continuousStart },
            awake: { SuspendingClock.now - suspendingStart },
            followsDatabase: true
        )
    }()
}

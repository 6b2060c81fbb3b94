/// The periods a worker keeps; the defaults are the product's, tests use shorter ones.
package struct WorkerTimes: Sendable {
    /// How long a lease lasts after its last renewal.
    package var lease: Duration
    /// How often leases are renewed.
    package var heartbeat: Duration
    /// How long before the end of a lease that can't be renewed its handler is told, so that what it started is dead by then.
    package var leaseMargin: Duration
    /// How often the queue is looked at when no doorbell rings.
    package var poll: Duration
    /// How long handlers may take to stop at a shutdown.
    package var shutdownGrace: Duration
    /// Reports are written at most this often.
    package var report: Duration
    /// How often old rows are looked for.
    package var pruning: Duration
    /// A clock that moves by more than this against the others was set, or the machine was suspended.
    package var clockTolerance: Duration
    /// A wait that is over later than this was a pause of the process.
    package var pauseTolerance: Duration
    /// How long finished jobs are kept; nil for ever.
    package var keepsFinishedJobs: Duration?

    package init(
        lease: Duration = .seconds(45),
        heartbeat: Duration = .seconds(10),
        leaseMargin: Duration = .seconds(5),
        poll: Duration = .seconds(5),
        shutdownGrace: Duration = .seconds(120),
        report: Duration = .milliseconds(200),
        pruning: Duration = .seconds(600),
        clockTolerance: Duration = .seconds(2),
        pauseTolerance: Duration = .seconds(5),
        keepsFinishedJobs: Duration? = .seconds(90 * 86400)
    ) {
        self.lease = lease
        self.heartbeat = heartbeat
        self.leaseMargin = leaseMargin
        self.poll = poll
        self.shutdownGrace = shutdownGrace
        self.report = report
        self.pruning = pruning
        self.clockTolerance = clockTolerance
        self.pauseTolerance = pauseTolerance
        self.keepsFinishedJobs = keepsFinishedJobs
    }
}

internal import Domain
internal import Synchronization

/// An attempt that this worker runs.
final class RunningJob: Sendable {
    struct State {
        var activity = Activity.computing
        /// By the worker's own clock.
        var leaseEnds: Duration
        var report: Report?
        /// The handler has returned.
        var isEnding = false
    }

    let record: JobRecord
    let key: AttemptKey
    let stop = StopSignal()
    /// By the worker's own clock.
    let timesOutAt: Duration
    let state: Mutex<State>

    init(_ record: JobRecord, fence: Fence, leaseEnds: Duration, startedAt: Duration) {
        self.record = record
        key = AttemptKey(job: record.id, fence: fence)
        timesOutAt = startedAt + record.timeout
        state = Mutex(State(leaseEnds: leaseEnds))
    }

    var leaseEnds: Duration { state.withLock { $0.leaseEnds } }

    /// Tells the handler what someone asks for.
    func deliver(_ cancel: CancelRequest) {
        stop.ring(cancel.isForced ? .forced(by: cancel.person) : .cancelled(by: cancel.person))
    }
}

/// Why a handler is asked to stop, mildest first.
package enum StopReason: Sendable, Equatable {
    /// The worker is shutting down: leave the job as it is and end with ``JobEnd/handedBack(alongside:)``.
    case shutdown
    /// Someone cancelled the job: tidy up and end with ``JobEnd/cancelled(alongside:)``.
    case cancelled(by: String)
    /// The job's own time limit is over.
    case timedOut
    /// Someone wants it to end now: no tidying up.
    case forced(by: String)
    /// The lease is (nearly) over and another worker may take the job: kill what runs, nothing can be written any more.
    case leaseLost

    /// A reason replaces one of a lower urgency, never one of the same or a higher.
    var urgency: Int {
        switch self {
        case .shutdown: 0
        case .cancelled: 1
        case .timedOut: 2
        case .forced: 3
        case .leaseLost: 4
        }
    }
}

/// A handler's way to stop at a point of its choosing: thrown by ``StopSignal/check()``, understood by the worker.
package struct JobStopped: Error, Sendable, Equatable {
    package let reason: StopReason
    package init(reason: StopReason) { self.reason = reason }
}

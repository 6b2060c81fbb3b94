/// Where a job stands; the first four are the words of the API.
package enum JobStatus: String, Sendable, Codable, CaseIterable {
    /// Queued and waiting for a worker.
    case pending
    /// A worker holds its lease.
    case processing
    /// Done.
    case completed
    /// Ended with an error that no further attempt will mend.
    case failed
    /// Waits for its time, or for a person's decision.
    case scheduled
    /// An attempt failed; waits for its next one.
    case retrying
    /// Ended because someone asked for it.
    case cancelled

    /// What can happen to a job.
    package enum Event: Sendable, CaseIterable {
        case leased, completed, failedForGood, failedForNow, suspended, handedBack, leaseExpired, cancelled, woken
    }

    /// Nothing can happen to it any more.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }

    /// A worker may lease it once its time has come.
    package var isWaiting: Bool { self == .pending || self == .scheduled || self == .retrying }

    /// The status that follows `event`, or nil when the event is illegal here.
    package func after(_ event: Event) -> JobStatus? {
        switch (self, event) {
        case (.pending, .leased), (.scheduled, .leased), (.retrying, .leased): .processing
        case (.pending, .cancelled), (.scheduled, .cancelled), (.retrying, .cancelled), (.processing, .cancelled): .cancelled
        case (.scheduled, .woken), (.retrying, .woken): .pending
        case (.processing, .completed): .completed
        case (.processing, .failedForGood): .failed
        case (.processing, .failedForNow), (.processing, .leaseExpired): .retrying
        case (.processing, .suspended): .scheduled
        case (.processing, .handedBack): .pending
        default: nil
        }
    }
}

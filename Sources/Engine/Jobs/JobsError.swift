package import Domain

/// What this target refuses.
package struct JobsError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// The attempt's lease is over: another worker has the job, or may have it soon.
        case leaseLost(job: JobID, fence: Fence)
        /// Two handlers have the same kind.
        case duplicateHandler(kind: String)
        /// A job breaks a limit of the queue; the sentence says which.
        case invalidJob(String)
    }

    package let reason: Reason
    /// For the log.
    package let cause: (any Error)?

    package init(_ reason: Reason, cause: (any Error)? = nil) {
        self.reason = reason
        self.cause = cause
    }

    package var description: String {
        switch reason {
        case .leaseLost(let job, let fence): "the lease \(fence) of job \(job) is over"
        case .duplicateHandler(let kind): "two handlers for jobs of kind \(kind)"
        case .invalidJob(let sentence): sentence
        }
    }
}

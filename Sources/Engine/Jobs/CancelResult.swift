/// What became of a request to cancel.
package enum CancelResult: Sendable, Equatable {
    /// It had not started, and has ended in this transaction; the row after the change.
    case ended(JobRecord)
    /// It runs: its worker is told once this transaction has committed; the row after the change.
    case told(JobRecord)
    /// It had ended before.
    case alreadyFinished(JobRecord)
    case notFound
}

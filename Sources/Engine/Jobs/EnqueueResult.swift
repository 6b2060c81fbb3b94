package import Domain

/// What became of a job that was queued.
package enum EnqueueResult: Sendable, Equatable {
    case enqueued
    /// An unfinished job with the same unique key is there already.
    case duplicate(of: JobID)
}

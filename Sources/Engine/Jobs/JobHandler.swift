package import Domain
package import Storage

/// Does the work of one kind of job.
package protocol JobHandler: Sendable {
    /// Which jobs it takes.
    var kind: String { get }

    /// Tries the job once.
    ///
    /// Runs as a child task of the worker, and returns soon after ``JobContext/stop`` rings. May run again after a crash at any point.
    ///
    /// - Throws: ``JobFailure`` with a class that decides about a retry; ``JobStopped`` or `CancellationError` for an end as the stop
    ///   signal says; anything else ends the job for good as `unknown`.
    func run(_ context: JobContext) async throws -> JobEnd

    /// Called in the transaction in which an attempt ends without its handler's own writes: its worker is lost or gives up its lease, the
    /// handler threw something that nobody classified, or its own writes at the end failed.
    ///
    /// `job` is the row before the change, `status` what it becomes: `retrying`, `failed` or `cancelled`.
    ///
    /// - Throws: Anything; it is logged, the hook's writes are undone, and the attempt ends all the same.
    func lost(_ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws
}

extension JobHandler {
    package func lost(_ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws {}
}

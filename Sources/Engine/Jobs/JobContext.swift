package import Domain
package import Storage

/// What a handler has in hand while it tries a job.
package final class JobContext: Sendable {
    /// The job as it was leased: payload, attempt, fence.
    package let job: JobRecord
    /// Of this attempt; everything written for the job checks it.
    package let fence: Fence
    /// Rings when the handler is to stop.
    package let stop: StopSignal

    private let worker: Worker
    private let running: RunningJob

    init(worker: Worker, running: RunningJob) {
        self.worker = worker
        self.running = running
        job = running.record
        fence = running.key.fence
        stop = running.stop
    }

    /// No attempt follows when this one fails.
    package var isFinalAttempt: Bool { job.isFinalAttempt }

    /// Writes in one transaction that first makes sure that this attempt still has the job.
    ///
    /// While the database is away it tries again, until the lease is over. A commit whose outcome is unknown is looked up, so that
    /// `body`'s writes are made once; only two writes of one attempt under way at the same time can escape that.
    ///
    /// - Parameter body: May be run again, and must have no other effect.
    /// - Returns: What `body` returned.
    /// - Throws: ``JobsError/Reason/leaseLost(job:fence:)`` when another worker has the job or may have it soon; what `body` throws.
    @discardableResult
    package func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await worker.write(for: running, body)
    }

    /// Makes sure, in a transaction of the caller's own, that this attempt still has the job; nobody takes it before that commits.
    ///
    /// - Throws: ``JobsError/Reason/leaseLost(job:fence:)``.
    package func check(in transaction: Transaction) throws {
        guard try worker.store.isLeased(running.key, in: transaction) else {
            throw JobsError(.leaseLost(job: job.id, fence: fence))
        }
    }

    /// Says where the job stands, with a progress of 0 to 100; written within a fraction of a second, of several only the last.
    package func report(stage: JobStage, progress: Int, message: String? = nil) async {
        worker.note(Report(stage: stage, progress: progress, message: message), for: running)
    }

    /// Says whether the handler computes, as it does at first, or waits for the cloud, which frees its slot for another job.
    ///
    /// Waiting is counted only while there are waiting slots. Coming back to computing waits for nothing: for a while more may compute than
    /// there are slots, and then nothing further is leased.
    package func setActivity(_ activity: Activity) { worker.set(activity, for: running) }
}

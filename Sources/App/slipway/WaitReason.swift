import Domain
import FoundationEssentials
import Jobs
import Storage

/// Why a job doesn't run yet, for a person who watches it.
enum WaitReason {
    /// Finds it out.
    ///
    /// - Parameters:
    ///   - job: As its row says it now.
    ///   - hasWorker: A worker was started for the job: none is missing.
    ///   - jobs: To look for others.
    ///   - now: The time.
    ///   - transaction: To read in.
    /// - Returns: Half a sentence; nil when the job runs, is over, or is about to begin.
    /// - Throws: What the database throws.
    static func text(for job: JobRecord, hasWorker: Bool, jobs: JobStore, now: Date, in transaction: Transaction) throws -> String? {
        switch job.status {
        case .retrying:
            let seconds = job.runAt.timeIntervalSince(now)
            guard seconds >= 1 else { return nil }
            // To ten seconds: it is said once, and not counted down.
            let rest = HumanText.duration((seconds / 10).rounded(.up) * 10)
            return "attempt \(job.attempt + 1) of \(job.maximumAttempts) begins in about \(rest)"
        case .pending:
            if let key = job.concurrencyKey {
                let filter = JobFilter(statuses: [.processing], concurrencyKey: key)
                if let other = try jobs.jobs(filter, page: JobPage(limit: 1), in: transaction).first {
                    return "waiting for \(other.id), which works on the same project"
                }
            }
            if try jobs.pausedQueues(in: transaction).contains(job.queue) { return "waiting: the queue \(job.queue.rawValue) is paused" }
            if try hasWorker || isServed(jobs, now, transaction) { return nil }
            return "waiting for a worker: start one with `slipway worker`"
        case .processing:
            guard let lease = job.leaseExpiresAt, lease < now, try !hasWorker && !isServed(jobs, now, transaction) else { return nil }
            return "its worker is lost: start one with `slipway worker`, which takes the job up"
        default:
            return nil
        }
    }

    /// A worker that was killed can't say that it stopped; it is silent.
    private static func isServed(_ jobs: JobStore, _ now: Date, _ transaction: Transaction) throws -> Bool {
        try jobs.workers(in: transaction).contains { $0.stoppedAt == nil && now.timeIntervalSince($0.heartbeatAt) < 45 }
    }
}

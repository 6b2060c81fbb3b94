import Domain
import FoundationEssentials
import Jobs
import Storage

/// Why a job doesn't run yet, for a person who watches it.
package struct WaitReason: Codable, Sendable {
    /// Half a sentence.
    package let text: String
    /// No worker is there that could take it up.
    package let needsWorker: Bool

    /// Finds it out.
    ///
    /// - Parameters:
    ///   - job: As its row says it now.
    ///   - jobs: To look for others.
    ///   - now: The time.
    ///   - transaction: To read in.
    /// - Returns: Nil when the job runs, is over, or is about to begin.
    /// - Throws: What the database throws.
    static func find(for job: JobRecord, jobs: JobStore, now: Date, in transaction: Transaction) throws -> WaitReason? {
        if let text = try text(for: job, jobs, now, transaction) { return WaitReason(text: text, needsWorker: false) }
        guard try !isServed(jobs, now, transaction) else { return nil }
        switch job.status {
        case .pending:
            return WaitReason(text: "waiting for a worker: start one with `slipway worker`", needsWorker: true)
        case .processing:
            guard let lease = job.leaseExpiresAt, lease < now else { return nil }
            return WaitReason(text: "its worker is lost: start one with `slipway worker`, which takes the job up", needsWorker: true)
        default:
            return nil
        }
    }

    private static func text(for job: JobRecord, _ jobs: JobStore, _ now: Date, _ transaction: Transaction) throws -> String? {
        switch job.status {
        case .retrying:
            let seconds = job.runAt.timeIntervalSince(now)
            guard seconds >= 1 else { return nil }
            // To ten seconds: it is said once, and not counted down.
            let rest = Int(clamping: (seconds / 10).rounded(.up) * 10)
            let time = rest < 60 ? "\(rest)s" : "\(rest / 60)m \(rest % 60 < 10 ? "0" : "")\(rest % 60)s"
            return "attempt \(job.attempt + 1) of \(job.maximumAttempts) begins in about \(time)"
        case .pending:
            if let key = job.concurrencyKey {
                let filter = JobFilter(statuses: [.processing], concurrencyKey: key)
                if let other = try jobs.jobs(filter, page: JobPage(limit: 1), in: transaction).first {
                    return "waiting for \(other.id), which works on the same project"
                }
            }
            if try jobs.pausedQueues(in: transaction).contains(job.queue) { return "waiting: the queue \(job.queue.rawValue) is paused" }
            return nil
        default:
            return nil
        }
    }

    static let schema = NamedSchema(
        "WaitReason",
        .object([
            .init("text", .string(), "Half a sentence"), .init("needsWorker", .boolean, "No worker is there that could take it up"),
        ])
    )

    /// A worker that was killed can't say that it stopped; it is silent.
    private static func isServed(_ jobs: JobStore, _ now: Date, _ transaction: Transaction) throws -> Bool {
        try jobs.workers(in: transaction).contains { $0.stoppedAt == nil && now.timeIntervalSince($0.heartbeatAt) < 45 }
    }
}

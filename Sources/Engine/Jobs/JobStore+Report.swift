internal import Domain
internal import FoundationEssentials
internal import Storage

/// What a handler says of its progress.
struct Report: Sendable {
    let stage: JobStage
    let progress: Int
    let message: String?
}

extension JobStore {
    /// Writes reports of attempts that still have their lease.
    func report(_ reports: [(key: AttemptKey, report: Report)], now: Date, in transaction: Transaction) throws(StorageError) {
        for part in reports {
            try transaction.execute(
                """
                UPDATE jobs
                SET stage = \(part.report.stage), progress = \(max(0, min(part.report.progress, 100))), message = \(part.report.message?.storable),
                    updated_at = \(now)
                WHERE id = \(part.key.job) AND fence = \(part.key.fence) AND status = 'processing'
                """
            )
        }
    }
}

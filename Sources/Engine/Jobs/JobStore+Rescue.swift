internal import Domain
internal import FoundationEssentials
internal import Storage

/// A running job whose worker seems lost.
struct Stray: Sendable {
    let key: AttemptKey
    let host: String
}

extension JobStore {
    /// Lists running jobs whose leases are over, without a lock.
    func strays(kinds: [String], now: Date, in transaction: Transaction) throws(StorageError) -> [Stray] {
        try strays(where: "lease_expires_at < \(now)", kinds: kinds, in: transaction)
    }

    /// Lists the running jobs of workers that are known to be dead, whatever their leases say.
    func strays(of workers: [String], kinds: [String], in transaction: Transaction) throws(StorageError) -> [Stray] {
        try strays(where: "jobs.worker_id IN (\(list: workers))", kinds: kinds, in: transaction)
    }

    private func strays(where condition: SQL, kinds: [String], in transaction: Transaction) throws(StorageError) -> [Stray] {
        let rows = try transaction.rows(
            """
            SELECT jobs.id, fence, COALESCE(host, '') AS host
            FROM jobs
            LEFT JOIN workers ON workers.id = jobs.worker_id
            WHERE status = 'processing' AND kind IN (\(list: kinds)) AND \(sql: condition)
            ORDER BY jobs.id
            LIMIT 1000
            """
        )
        var strays: [Stray] = []
        for row in rows { strays.append(Stray(key: try AttemptKey(row), host: try row.value("host"))) }
        return strays
    }

    /// When the first lease of another worker ends.
    func firstLeaseEnd(notOf worker: String, in transaction: Transaction) throws(StorageError) -> Date? {
        try transaction.first(
            "SELECT MIN(lease_expires_at) AS ends FROM jobs WHERE status = 'processing' AND worker_id <> \(worker)"
        )?.value("ends")
    }

    /// The workers that have running jobs and may be looked for on this machine.
    func busyWorkers(
        onHostOf incarnationPrefix: String,
        in transaction: Transaction
    ) throws(StorageError) -> [(id: String, incarnation: String)] {
        let rows = try transaction.rows(
            """
            SELECT id, incarnation FROM workers
            WHERE id IN (SELECT worker_id FROM jobs WHERE status = 'processing') AND incarnation IS NOT NULL
            """
        )
        var workers: [(id: String, incarnation: String)] = []
        for row in rows {
            let incarnation: String = try row.value("incarnation")
            if incarnation.hasPrefix(incarnationPrefix) { workers.append((try row.value("id"), incarnation)) }
        }
        return workers
    }

    /// What becomes of a job whose worker is lost: it is tried again at once, or has failed when that was its last attempt.
    ///
    /// A job that someone had cancelled is tried again as well, so that its handler can tidy up, and has ended as cancelled when no
    /// attempt is left.
    func ending(ofLost job: JobRecord, host: String, now: Date) -> Ending? {
        let event: JobStatus.Event = !job.isFinalAttempt ? .leaseExpired : job.cancelRequestedAt == nil ? .failedForGood : .cancelled
        guard let status = job.status.after(event) else { return nil }
        return Ending(
            outcome: .lost,
            status: status,
            runAt: now,
            errorCode: FailureClass.lostWorker.rawValue,
            errorMessage: "the worker \(job.workerID ?? "") on \(host) was lost while it ran this job"
        )
    }
}

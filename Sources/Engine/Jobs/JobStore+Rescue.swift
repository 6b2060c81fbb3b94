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
    func busyWorkers(onHostOf incarnationPrefix: String, in transaction: Transaction) throws(StorageError) -> [(id: String, incarnation: String)] {
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

    /// Ends the attempt of a lost worker: the job is tried again at once, or has failed when that was its last attempt.
    ///
    /// A job that someone had cancelled is tried again as well, so that its handler can tidy up, and has ended as cancelled when no
    /// attempt is left.
    ///
    /// - Parameters:
    ///   - expiredBefore: The lease must have ended before; nil when the worker is known to be dead.
    ///   - handler: Told in the same transaction.
    /// - Returns: What the job became, or nil when its worker was faster.
    func rescue(
        _ stray: Stray,
        expiredBefore: Date?,
        handler: any JobHandler,
        now: Date,
        in transaction: Transaction
    ) throws -> JobStatus? {
        guard let job = try leased(stray.key, in: transaction) else { return nil }
        if let expiredBefore, let expires = job.leaseExpiresAt, expires >= expiredBefore { return nil }
        let event: JobStatus.Event = !job.isFinalAttempt ? .leaseExpired : job.cancelRequestedAt == nil ? .failedForGood : .cancelled
        guard let status = job.status.after(event) else { return nil }
        let ending = Ending(
            outcome: .lost,
            status: status,
            runAt: now,
            errorCode: FailureClass.lostWorker.rawValue,
            errorMessage: "the worker \(job.workerID ?? "") on \(stray.host) was lost while it ran this job"
        )
        try handler.lost(job, becomes: status, in: transaction)
        try end(job, as: ending, worker: WorkerName(id: job.workerID ?? "", host: stray.host), now: now, in: transaction)
        return status
    }
}

package import Domain
package import FoundationEssentials
package import Storage

extension JobStore {
    /// Queues a periodic job when its time has come; whichever worker is first.
    ///
    /// - Returns: When the next is due.
    @discardableResult
    func enqueue(_ periodic: PeriodicJob, now: Date, in transaction: Transaction) throws(StorageError) -> Date {
        let seconds = max(1, periodic.every.components.seconds)
        try transaction.execute(
            """
            INSERT INTO periodic_jobs (name, every_seconds, next_at) VALUES (\(periodic.name), \(seconds), \(now))
            ON CONFLICT (name) DO NOTHING
            """
        )
        let row = try transaction.first(
            """
            SELECT every_seconds, next_at FROM periodic_jobs
            WHERE name = \(periodic.name)\(sqlite: "", postgres: " FOR UPDATE")
            """
        )
        guard let row else { return now.addingTimeInterval(Double(seconds)) }
        var nextAt: Date = try row.value("next_at")
        if try row.value("every_seconds", as: Int64.self) != seconds {
            nextAt = min(nextAt, now.addingTimeInterval(Double(seconds)))
            try transaction.execute(
                "UPDATE periodic_jobs SET every_seconds = \(seconds), next_at = \(nextAt) WHERE name = \(periodic.name)"
            )
        }
        guard nextAt <= now else { return nextAt }
        var job = periodic.make(nextAt)
        job.uniqueKey = "periodic:\(periodic.name)"
        let result = try enqueue(job, in: transaction)
        // On the grid of its first time, beyond now: what was missed is not made up.
        let missed = (now.timeIntervalSince(nextAt) / Double(seconds)).rounded(.down)
        let following = nextAt.addingTimeInterval((missed + 1) * Double(seconds))
        let last = if case .duplicate(let other) = result { other } else { job.id }
        try transaction.execute(
            "UPDATE periodic_jobs SET next_at = \(following), last_job_id = \(last) WHERE name = \(periodic.name)"
        )
        return following
    }

    /// Removes old finished jobs with their attempts and tags; call again while the answer is the limit.
    ///
    /// - Returns: How many were removed.
    @discardableResult
    package func prune(finishedBefore: Date, limit: Int = 500, in transaction: Transaction) throws(StorageError) -> Int {
        try transaction.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs
                WHERE finished_at IS NOT NULL AND finished_at < \(finishedBefore)
                ORDER BY finished_at
                LIMIT \(limit)\(sqlite: "", postgres: " FOR UPDATE SKIP LOCKED")
            )
            """
        )
    }

    /// Removes workers that stopped or went silent before `silentSince` and have no job.
    ///
    /// - Returns: How many were removed.
    @discardableResult
    package func pruneWorkers(silentSince: Date, in transaction: Transaction) throws(StorageError) -> Int {
        try transaction.execute(
            """
            DELETE FROM workers
            WHERE heartbeat_at < \(silentSince)
                AND id NOT IN (SELECT worker_id FROM jobs WHERE status = 'processing' AND worker_id IS NOT NULL)
            """
        )
    }

    /// Lists the workers that have not stopped, in the order they began.
    package func workers(in transaction: Transaction) throws(StorageError) -> [WorkerRecord] {
        var workers: [WorkerRecord] = []
        let rows = try transaction.rows(
            """
            SELECT id, host, pid, incarnation, version, computing_slots, waiting_slots, started_at, heartbeat_at, stopped_at
            FROM workers
            WHERE stopped_at IS NULL
            ORDER BY started_at, id
            """
        )
        for row in rows {
            workers.append(
                WorkerRecord(
                    id: try row.value("id"),
                    host: try row.value("host"),
                    pid: try row.value("pid"),
                    incarnation: try row.value("incarnation"),
                    version: try row.value("version"),
                    computingSlots: try row.value("computing_slots"),
                    waitingSlots: try row.value("waiting_slots"),
                    startedAt: try row.value("started_at"),
                    heartbeatAt: try row.value("heartbeat_at"),
                    stoppedAt: try row.value("stopped_at")
                )
            )
        }
        return workers
    }

    /// How many jobs are in each status, of one organization or of all; a status without a job is not named.
    package func counts(of organization: OrganizationID? = nil, in transaction: Transaction) throws(StorageError) -> [JobStatus: Int] {
        let condition: SQL = if let organization { "organization_id = \(organization)" } else { "1 = 1" }
        var counts: [JobStatus: Int] = [:]
        for row in try transaction.rows("SELECT status, COUNT(*) AS jobs FROM jobs WHERE \(sql: condition) GROUP BY status") {
            counts[try row.value("status")] = try row.value("jobs")
        }
        return counts
    }
}

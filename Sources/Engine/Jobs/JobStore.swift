package import Domain
internal import FoundationEssentials
package import Storage

/// The queue's tables, for everyone who queues, looks up, cancels or wakes a job in a transaction of their own.
package struct JobStore: Sendable {
    /// The doorbell that rings for new work and for cancellations.
    package static let doorbell = "jobs"

    let clock: JobClock

    package init(clock: JobClock = .system) { self.clock = clock }

    // MARK: Looking up

    /// Reads a job.
    ///
    /// - Returns: Its row, or nil when there is none (any more).
    package func job(_ id: JobID, in transaction: Transaction) throws(StorageError) -> JobRecord? {
        try transaction.first("SELECT \(sql: JobRecord.columns) FROM jobs WHERE id = \(id)").map(JobRecord.init)
    }

    /// Lists jobs, newest first.
    package func jobs(
        _ filter: JobFilter = JobFilter(),
        page: JobPage = JobPage(),
        in transaction: Transaction
    ) throws(StorageError) -> [JobRecord] {
        var conditions: SQL = "1 = 1"
        if let organization = filter.organization { conditions = "\(sql: conditions) AND organization_id = \(organization)" }
        if !filter.statuses.isEmpty { conditions = "\(sql: conditions) AND status IN (\(list: filter.statuses))" }
        if !filter.queues.isEmpty { conditions = "\(sql: conditions) AND queue IN (\(list: filter.queues))" }
        if let kind = filter.kind { conditions = "\(sql: conditions) AND kind = \(kind)" }
        if let key = filter.concurrencyKey { conditions = "\(sql: conditions) AND concurrency_key = \(key)" }
        for tag in [filter.tag, filter.otherTag].compactMap(\.self) {
            conditions = "\(sql: conditions) AND id IN (SELECT job_id FROM job_tags WHERE tag = \(tag))"
        }
        if let after = page.after {
            conditions = "\(sql: conditions) AND (created_at, id) < (SELECT created_at, id FROM jobs WHERE id = \(after))"
        }
        let rows = try transaction.rows(
            """
            SELECT \(sql: JobRecord.columns)
            FROM jobs
            WHERE \(sql: conditions)
            ORDER BY created_at DESC, id DESC
            LIMIT \(page.limit)
            """
        )
        var jobs: [JobRecord] = []
        for row in rows { jobs.append(try JobRecord(row)) }
        return jobs
    }

    /// Lists a job's attempts in the order they began; the one that runs is the last.
    package func attempts(of id: JobID, in transaction: Transaction) throws(StorageError) -> [JobAttempt] {
        let rows = try transaction.rows(
            """
            SELECT job_id, attempt, fence, worker_id, host, started_at, ended_at, outcome, error_code, error_message, stage
            FROM job_attempts
            WHERE job_id = \(id)
            UNION ALL
            SELECT jobs.id, attempt, fence, worker_id, COALESCE(host, ''), jobs.started_at, NULL, NULL, NULL, NULL, stage
            FROM jobs
            LEFT JOIN workers ON workers.id = jobs.worker_id
            WHERE jobs.id = \(id) AND status = 'processing'
            ORDER BY fence
            """
        )
        var attempts: [JobAttempt] = []
        for row in rows { attempts.append(try JobAttempt(row)) }
        return attempts
    }

    /// The moment at which a statement runs: PostgreSQL's own, so that the attempts of different machines can be put in order.
    func moment(_ now: Date) -> SQL {
        guard clock.followsDatabase else { return "CAST(\(now) AS BIGINT)" }
        return """
            \(sqlite: "CAST(\(now) AS BIGINT)", postgres: "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
            """
    }
}

internal import Domain
internal import FoundationEssentials
package import Storage

extension JobStore {
    /// Queues a job in the caller's transaction: it exists when and only when that commits, and workers are told then.
    ///
    /// - Throws: A constraint's error when the id is taken or the organization doesn't exist.
    @discardableResult
    package func enqueue(_ job: NewJob, in transaction: Transaction) throws(StorageError) -> EnqueueResult {
        try enqueue([job], in: transaction)[0]
    }

    /// Queues several jobs, in the order in which those of the same priority are to run.
    ///
    /// - Returns: One result per job, in the same order.
    /// - Throws: As ``enqueue(_:in:)`` does; then none is queued.
    @discardableResult
    package func enqueue(_ jobs: [NewJob], in transaction: Transaction) throws(StorageError) -> [EnqueueResult] {
        if jobs.isEmpty { return [] }
        let now = clock.wall()
        var results = [EnqueueResult](repeating: .enqueued, count: jobs.count)
        var plain: [SQL] = []
        for (index, job) in jobs.enumerated() {
            // A microsecond apart, so that their order is kept.
            let created = now.addingTimeInterval(Double(index) / 1_000_000)
            let row = Self.values(of: job, createdAt: created, isDue: job.runAt.map { $0 <= now } ?? true)
            if let key = job.uniqueKey {
                results[index] = try insert(row, uniqueKey: key, in: transaction)
            } else {
                plain.append(row)
            }
        }
        for rows in plain.inShapes {
            try transaction.execute("INSERT INTO jobs (\(sql: Self.newColumns)) VALUES \(sql: .list(rows))")
        }
        let tags = zip(jobs, results).filter { $1 == .enqueued }.flatMap { job, _ in Set(job.tags).map { (job.id, $0) } }
        for pairs in tags.inShapes {
            let rows = pairs.map { job, tag -> SQL in "(\(job), \(tag))" }
            try transaction.execute("INSERT INTO job_tags (job_id, tag) VALUES \(sql: .list(rows))")
        }
        transaction.notify(Self.doorbell)
        return results
    }

    // MARK: Details

    private static let newColumns: SQL = """
        id, kind, queue, organization_id, turn_of, concurrency_key, unique_key, payload, tags, priority, status, run_at,
        maximum_attempts, timeout_seconds, stage, created_at, updated_at
        """

    private static func values(of job: NewJob, createdAt: Date, isDue: Bool) -> SQL {
        """
        (\(job.id), \(job.kind), \(job.queue), \(job.organization), \(job.organization?.rawValue ?? 0), \(job.concurrencyKey),
        \(job.uniqueKey), \(job.payload), \(JSONStrings.encode(job.tags)), \(job.priority),
        \(isDue ? JobStatus.pending : .scheduled), \(isDue ? createdAt : job.runAt ?? createdAt), \(max(1, job.maximumAttempts)),
        \(max(1, job.timeout.components.seconds)), \(JobStage.queued), \(createdAt), \(createdAt))
        """
    }

    private func insert(_ row: SQL, uniqueKey: String, in transaction: Transaction) throws(StorageError) -> EnqueueResult {
        // On PostgreSQL the other job can end between the two statements; then there is room for ours.
        for _ in 0..<10 {
            let inserted = try transaction.execute(
                """
                INSERT INTO jobs (\(sql: Self.newColumns)) VALUES \(sql: row)
                ON CONFLICT (unique_key)
                WHERE unique_key IS NOT NULL AND status IN ('pending', 'scheduled', 'retrying', 'processing')
                DO NOTHING
                """
            )
            if inserted == 1 { return .enqueued }
            let other = try transaction.first(
                """
                SELECT id FROM jobs
                WHERE unique_key = \(uniqueKey) AND status IN ('pending', 'scheduled', 'retrying', 'processing')
                """
            )
            if let other { return .duplicate(of: try other.value("id")) }
        }
        throw StorageError(.busy)
    }
}

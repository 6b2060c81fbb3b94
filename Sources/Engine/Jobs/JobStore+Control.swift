package import Domain
internal import FoundationEssentials
package import Storage

extension JobStore {
    /// Cancels a job: one that has not started ends in this transaction, one that runs is told once this transaction has committed.
    ///
    /// With `force` a running one is asked to end without tidying up; that may follow a request without it. `person` goes into its row.
    ///
    /// - Returns: What became of it, so that the caller can add its own writes to the same transaction.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func cancel(
        _ id: JobID,
        force: Bool = false,
        by person: String,
        in transaction: Transaction
    ) throws(StorageError) -> CancelResult {
        guard let job = try locked(id, in: transaction) else { return .notFound }
        let now = clock.wall()
        switch job.status {
        case .completed, .failed, .cancelled:
            return .alreadyFinished(job)
        case .pending, .scheduled, .retrying:
            try transaction.execute(
                """
                UPDATE jobs
                SET status = 'cancelled', stage = 'cancelled', finished_at = \(now), updated_at = \(now),
                    cancel_requested_at = COALESCE(cancel_requested_at, \(now)), cancel_force = \(force || job.isCancelForced),
                    cancelled_by = \(person)
                WHERE id = \(id)
                """
            )
            return .ended(try self.job(id, in: transaction) ?? job)
        case .processing:
            try transaction.execute(
                """
                UPDATE jobs
                SET cancel_requested_at = COALESCE(cancel_requested_at, \(now)), cancel_force = \(force || job.isCancelForced),
                    cancelled_by = \(person), updated_at = \(now)
                WHERE id = \(id)
                """
            )
            transaction.notify(Self.doorbell)
            return .told(try self.job(id, in: transaction) ?? job)
        }
    }

    /// Lets a job that waits for a time or a decision run now.
    ///
    /// One that still runs, and is about to be suspended, goes on at once instead: a decision is never missed.
    ///
    /// - Returns: Whether the job was waiting or running.
    @discardableResult
    package func wake(_ id: JobID, in transaction: Transaction) throws(StorageError) -> Bool {
        guard let job = try locked(id, in: transaction) else { return false }
        let now = clock.wall()
        switch job.status {
        case .completed, .failed, .cancelled:
            return false
        case .pending:
            return true
        case .scheduled, .retrying:
            try transaction.execute("UPDATE jobs SET status = 'pending', run_at = \(now), updated_at = \(now) WHERE id = \(id)")
        case .processing:
            try transaction.execute("UPDATE jobs SET wake_requested = 1 WHERE id = \(id)")
        }
        transaction.notify(Self.doorbell)
        return true
    }

    /// Leases no further jobs of a queue, on any worker; those that run go on.
    package func pause(_ queue: QueueName, by person: String, in transaction: Transaction) throws(StorageError) {
        try transaction.execute(
            """
            INSERT INTO job_queues (queue, paused_at, paused_by) VALUES (\(queue), \(clock.wall()), \(person))
            ON CONFLICT (queue) DO UPDATE SET paused_at = excluded.paused_at, paused_by = excluded.paused_by
            """
        )
    }

    /// Ends ``pause(_:by:in:)``.
    package func resume(_ queue: QueueName, in transaction: Transaction) throws(StorageError) {
        try transaction.execute("UPDATE job_queues SET paused_at = NULL, paused_by = NULL WHERE queue = \(queue)")
        transaction.notify(Self.doorbell)
    }

    /// The queues that are paused.
    package func pausedQueues(in transaction: Transaction) throws(StorageError) -> [QueueName] {
        var queues: [QueueName] = []
        for row in try transaction.rows("SELECT queue FROM job_queues WHERE paused_at IS NOT NULL") {
            queues.append(try row.value("queue"))
        }
        return queues
    }

    /// Limits how many jobs of an organization run at once, on all workers together.
    ///
    /// Nil is for the workers' own ``WorkerLimits/perOrganization``.
    package func setLimit(_ limit: Int?, for organization: OrganizationID, in transaction: Transaction) throws(StorageError) {
        try transaction.execute(
            """
            INSERT INTO job_turns (turn_of, maximum_running) VALUES (\(organization), \(limit))
            ON CONFLICT (turn_of) DO UPDATE SET maximum_running = excluded.maximum_running
            """
        )
        transaction.notify(Self.doorbell)
    }

    /// Reads a job and keeps its row from others until the transaction ends; SQLite has one writer anyway.
    func locked(_ id: JobID, in transaction: Transaction) throws(StorageError) -> JobRecord? {
        try transaction.first(
            """
            SELECT \(sql: JobRecord.columns) FROM jobs WHERE id = \(id)\(sqlite: "", postgres: " FOR UPDATE")
            """
        ).map { row throws(StorageError) in try JobRecord(row) }
    }
}

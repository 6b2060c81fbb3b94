internal import Domain
internal import FoundationEssentials
internal import Storage

/// Names one attempt for the check that everything a worker writes begins with.
struct AttemptKey: Hashable, Sendable, Comparable {
    let job: JobID
    let fence: Fence

    /// By the bytes of the ids: PostgreSQL's collation "C".
    static func < (left: AttemptKey, right: AttemptKey) -> Bool {
        left.job.rawValue.utf8.lexicographicallyPrecedes(right.job.rawValue.utf8)
    }
}

/// What a worker's row in `job_attempts` says of it.
struct WorkerName: Sendable {
    let id: String
    let host: String
}

/// How an attempt ended without an error and without writes of the handler: many of these share one statement.
struct Completion: Sendable {
    let key: AttemptKey
    let result: String?
}

/// How an attempt's end changes its job.
struct Ending: Sendable {
    var outcome: JobAttempt.Outcome
    var status: JobStatus
    var runAt: Date?
    var stage: JobStage?
    var result: String?
    var errorCode: String?
    var errorMessage: String?
    /// The attempt was not used up.
    var givesAttemptBack = false
}

extension JobStore {
    /// Whether the attempt's lease still stands, and keeps it so until the transaction ends.
    func isLeased(_ key: AttemptKey, in transaction: Transaction) throws(StorageError) -> Bool {
        try transaction.first(
            """
            SELECT 1 AS one FROM jobs
            WHERE id = \(key.job) AND fence = \(key.fence) AND status = 'processing'\(sqlite: "", postgres: " FOR SHARE")
            """
        ) != nil
    }

    /// As ``isLeased(_:in:)``, for a write that may have to be looked for later.
    ///
    /// The token is kept in the job's row on PostgreSQL, where a commit's outcome can be unknown; see ``isMarked(_:by:in:)``.
    func holdsLease(_ key: AttemptKey, marking token: Int64, in transaction: Transaction) throws(StorageError) -> Bool {
        switch transaction.dialect {
        case .sqlite:
            try isLeased(key, in: transaction)
        case .postgres:
            try transaction.execute(
                """
                UPDATE jobs SET write_token = \(token)
                WHERE id = \(key.job) AND fence = \(key.fence) AND status = 'processing'
                """
            ) == 1
        }
    }

    /// Whether the attempt's last write is the one with that token.
    func isMarked(_ key: AttemptKey, by token: Int64, in transaction: Transaction) throws(StorageError) -> Bool {
        try transaction.first(
            "SELECT 1 AS one FROM jobs WHERE id = \(key.job) AND fence = \(key.fence) AND write_token = \(token)"
        ) != nil
    }

    /// Reads and locks the job of an attempt whose lease still stands.
    func leased(_ key: AttemptKey, in transaction: Transaction) throws(StorageError) -> JobRecord? {
        guard let job = try locked(key.job, in: transaction), job.fence == key.fence, job.status == .processing else { return nil }
        return job
    }

    /// Whether an attempt has ended before; after a commit whose outcome was unknown.
    func hasEnded(_ key: AttemptKey, in transaction: Transaction) throws(StorageError) -> Bool {
        try transaction.first("SELECT 1 AS one FROM job_attempts WHERE job_id = \(key.job) AND fence = \(key.fence)") != nil
    }

    /// Ends attempts as completed, as many as still have their lease.
    ///
    /// - Returns: Those that ended now; the others' leases are over.
    func complete(
        _ completions: [Completion],
        worker: WorkerName,
        now: Date,
        in transaction: Transaction
    ) throws(StorageError) -> Set<JobID> {
        var ended: Set<JobID> = []
        // In the order of ids, as every statement that locks several jobs, so that two of them can't wait for each other.
        for part in completions.sorted(by: { $0.key < $1.key }).inShapes {
            let keys: SQL = .list(part.map { "(CAST(\($0.key.job) AS TEXT), CAST(\($0.key.fence) AS BIGINT))" as SQL })
            try transaction.execute(
                """
                INSERT INTO job_attempts (job_id, attempt, fence, worker_id, host, started_at, ended_at, outcome, stage)
                SELECT id, attempt, fence, worker_id, \(worker.host), started_at, \(sql: moment(now)), 'completed', stage
                FROM (
                    SELECT jobs.id, attempt, fence, worker_id, started_at, stage
                    FROM (VALUES \(sql: keys)) AS ended
                    JOIN jobs ON jobs.id = ended.column1 AND jobs.fence = ended.column2
                    WHERE status = 'processing'
                    ORDER BY jobs.id\(sqlite: "", postgres: " COLLATE \"C\" FOR UPDATE OF jobs")
                ) AS leased
                """
            )
            let results: SQL = .list(
                part.map { "(CAST(\($0.key.job) AS TEXT), CAST(\($0.key.fence) AS BIGINT), CAST(\($0.result?.storable) AS TEXT))" as SQL }
            )
            let rows = try transaction.rows(
                """
                UPDATE jobs
                SET status = 'completed', stage = 'completed', progress = 100, lease_expires_at = NULL,
                    result = ended.column3, error_code = NULL, error_message = NULL,
                    finished_at = \(now), updated_at = \(now)
                FROM (VALUES \(sql: results)) AS ended
                WHERE jobs.id = ended.column1 AND jobs.fence = ended.column2 AND jobs.status = 'processing'
                RETURNING id
                """
            )
            for row in rows { ended.insert(try row.value("id")) }
        }
        return ended
    }

    /// Ends the attempt of a job that the caller has locked by ``leased(_:in:)``.
    ///
    /// A job that was cancelled meanwhile is not tried again, and one that was woken or cancelled meanwhile is not suspended.
    func end(_ job: JobRecord, as ending: Ending, worker: WorkerName, now: Date, in transaction: Transaction) throws(StorageError) {
        guard let fence = job.fence else { return }
        let goesOnAtOnce = ending.outcome == .suspended && (job.isWakeRequested || job.cancelRequestedAt != nil)
        let status = goesOnAtOnce ? .pending : ending.status
        let stage = ending.stage ?? (status.isFinal ? JobStage(rawValue: status.rawValue) : nil) ?? job.stage
        try transaction.execute(
            """
            INSERT INTO job_attempts
                (job_id, attempt, fence, worker_id, host, started_at, ended_at, outcome, error_code, error_message, stage)
            VALUES (\(job.id), \(job.attempt), \(fence), \(worker.id), \(worker.host), \(job.startedAt ?? now), \(sql: moment(now)),
                \(ending.outcome), \(ending.errorCode?.storable), \(ending.errorMessage?.storable), \(job.stage))
            """
        )
        try transaction.execute(
            """
            UPDATE jobs
            SET status = \(status),
                run_at = \(ending.runAt ?? job.runAt),
                attempt = \(ending.givesAttemptBack ? job.attempt - 1 : job.attempt),
                lease_expires_at = NULL,
                stage = \(stage),
                progress = \(status == .completed ? 100 : job.progress),
                result = \(ending.result?.storable),
                error_code = \(ending.errorCode?.storable),
                error_message = \(ending.errorMessage?.storable),
                finished_at = \(status.isFinal ? now : nil),
                updated_at = \(now)
            WHERE id = \(job.id) AND fence = \(fence) AND status = 'processing'
            """
        )
        // Someone may have room for it, or wait for its key.
        transaction.notify(Self.doorbell)
    }
}

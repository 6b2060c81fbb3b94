internal import Domain
internal import FoundationEssentials
internal import Storage

/// What a worker asks for.
struct LeaseRequest: Sendable {
    var worker: String
    /// The kinds that it has handlers for.
    var kinds: [String]
    /// How many jobs at most.
    var capacity: Int
    /// How many more jobs of a queue it may run; not named: any number.
    var queueRoom: [QueueName: Int] = [:]
    var perOrganization: Int?
    /// Only this job, whoever's turn it is.
    var only: JobID?
    /// How long the lease lasts.
    var period: Duration
}

/// What there is to do.
struct QueueState: Sendable {
    let hasPending: Bool
    /// When the next job is due that waits for its time.
    let nextDueAt: Date?

    func isDue(at now: Date) -> Bool { nextDueAt.map { $0 <= now } ?? false }
    func hasReadyJobs(at now: Date) -> Bool { hasPending || isDue(at: now) }
}

extension JobStore {
    /// Looks, without a lock, whether a lease is worth a try.
    func look(in transaction: Transaction) throws(StorageError) -> QueueState {
        let row = try transaction.first(
            """
            SELECT
                CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE status = 'pending') THEN 1 ELSE 0 END AS has_pending,
                (SELECT MIN(run_at) FROM jobs WHERE status IN ('scheduled', 'retrying')) AS next_due_at
            """
        )
        guard let row else { return QueueState(hasPending: false, nextDueAt: nil) }
        return QueueState(hasPending: try row.value("has_pending"), nextDueAt: try row.value("next_due_at"))
    }

    /// Leases as many jobs as there is room for, in the order that ``TurnTaking`` says.
    ///
    /// On PostgreSQL the row of `job_fences` lets one worker lease at a time; rows that somebody else has locked, for a cancellation say,
    /// are skipped.
    ///
    /// `now` is asked when the jobs are chosen, so that an attempt begins after the one before it in its key has ended, however long the
    /// transaction had to wait.
    func lease(_ request: LeaseRequest, now: () -> Date, in transaction: Transaction) throws(StorageError) -> [JobRecord] {
        guard request.capacity > 0, !request.kinds.isEmpty else { return [] }
        let queue = try look(in: transaction)
        guard queue.hasReadyJobs(at: now()) else { return [] }
        if queue.isDue(at: now()) { try promote(now: now(), in: transaction) }
        guard
            let counter = try transaction.first(
                "SELECT last_fence FROM job_fences WHERE id = 1\(sqlite: "", postgres: " FOR UPDATE")"
            )
        else { return [] }
        let lastFence: Int64 = try counter.value("last_fence")
        let chosen =
            if let only = request.only {
                try chooseOnly(only, fence: lastFence + 1, request, in: transaction)
            } else {
                try choose(request, lastFence: lastFence, in: transaction)
            }
        if chosen.isEmpty { return [] }
        return try take(chosen, request, lastFence: lastFence, now: now(), in: transaction)
    }

    /// Keeps PostgreSQL's planner to the indices for the rest of the transaction.
    ///
    /// It plans a prepared statement once and for all while the table is small, and then reads the whole of it for every batch until the
    /// next ANALYZE: measured, 17 ms instead of 1 ms for 64 rows of 30,000. Plans that can't avoid what is forbidden are rated so dear that
    /// they would be compiled first (350 ms).
    func preferIndices(in transaction: Transaction) throws(StorageError) {
        guard transaction.dialect == .postgres else { return }
        try transaction.execute(
            """
            SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
            """
        )
    }

    /// Makes jobs ready whose time has come.
    private func promote(now: Date, in transaction: Transaction) throws(StorageError) {
        try transaction.execute(
            """
            UPDATE jobs SET status = 'pending', updated_at = \(now)
            WHERE id IN (
                SELECT id FROM jobs
                WHERE status IN ('scheduled', 'retrying') AND run_at <= \(now)
                ORDER BY run_at
                LIMIT 1000\(sqlite: "", postgres: " FOR UPDATE SKIP LOCKED")
            )
            """
        )
    }

    // MARK: Choosing

    private struct Chosen {
        let id: JobID
        let turn: Int64
        let fence: Fence
    }

    private func choose(
        _ request: LeaseRequest,
        lastFence: Int64,
        in transaction: Transaction
    ) throws(StorageError) -> [Chosen] {
        var (turns, groupCount) = try turns(request, lastFence: lastFence, in: transaction)
        var lists: [TurnTaking.Group: CandidateList] = [:]
        var chosen: [Chosen] = []
        var ids: Set<JobID> = []
        var keys: Set<String> = []
        let share = request.capacity / max(1, groupCount) + 1
        while let group = turns.next() {
            var list = lists[group] ?? CandidateList(group: group)
            let candidate = try list.next(atLeast: share, kinds: request.kinds, in: transaction)
            lists[group] = list
            guard let candidate else {
                turns.drop(group)
                continue
            }
            if let key = candidate.concurrencyKey, !keys.insert(key).inserted { continue }
            guard ids.insert(candidate.id).inserted else { continue }
            chosen.append(Chosen(id: candidate.id, turn: group.turn, fence: turns.take(group)))
        }
        return chosen
    }

    private func chooseOnly(
        _ id: JobID,
        fence: Int64,
        _ request: LeaseRequest,
        in transaction: Transaction
    ) throws(StorageError) -> [Chosen] {
        let row = try transaction.first(
            """
            SELECT turn_of FROM jobs
            WHERE id = \(id) AND \(sql: CandidateList.isLeasable(kinds: request.kinds))
                AND queue NOT IN (SELECT queue FROM job_queues WHERE paused_at IS NOT NULL)\(sqlite: "", postgres: " FOR UPDATE SKIP LOCKED")
            """
        )
        guard let row else { return [] }
        return [Chosen(id: id, turn: try row.value("turn_of"), fence: Fence(rawValue: fence))]
    }

    /// Reads who has ready jobs, when they were served, and how much room each has.
    private func turns(
        _ request: LeaseRequest,
        lastFence: Int64,
        in transaction: Transaction
    ) throws(StorageError) -> (TurnTaking, groupCount: Int) {
        let queues = QueueName.allCases.filter { request.queueRoom[$0] != 0 }
        // Jumps from organization to organization in the index instead of walking through all their jobs.
        let rows = try transaction.rows(
            """
            WITH RECURSIVE ready (queue, turn_of) AS (
                SELECT column1, (SELECT MIN(turn_of) FROM jobs WHERE status = 'pending' AND queue = column1)
                FROM (VALUES \(sql: .list(queues.map { "(CAST(\($0) AS TEXT))" as SQL }))) AS queues
                WHERE column1 NOT IN (SELECT queue FROM job_queues WHERE paused_at IS NOT NULL)
                UNION ALL
                SELECT queue, (
                    SELECT MIN(jobs.turn_of) FROM jobs
                    WHERE jobs.status = 'pending' AND jobs.queue = ready.queue AND jobs.turn_of > ready.turn_of
                )
                FROM ready
                WHERE turn_of IS NOT NULL
            )
            SELECT ready.queue, ready.turn_of, served_fence, maximum_running
            FROM ready
            LEFT JOIN job_turns ON job_turns.turn_of = ready.turn_of
            WHERE ready.turn_of IS NOT NULL
            """
        )
        var groups: [TurnTaking.Group] = []
        var served: [Int64: Int64] = [:]
        var room: [Int64: Int] = [:]
        for row in rows {
            let turn: Int64 = try row.value("turn_of")
            groups.append(TurnTaking.Group(queue: try row.value("queue"), turn: turn))
            served[turn] = try row.value("served_fence", as: Int64?.self)
            // The product's own work has no limit of an organization.
            room[turn] = try row.value("maximum_running", as: Int?.self) ?? (turn == 0 ? nil : request.perOrganization)
        }
        if !room.isEmpty {
            for row in try transaction.rows("SELECT turn_of, COUNT(*) AS running FROM jobs WHERE status = 'processing' GROUP BY turn_of") {
                let turn: Int64 = try row.value("turn_of")
                if let limit = room[turn] { room[turn] = max(0, limit - (try row.value("running", as: Int.self))) }
            }
        }
        let turns = TurnTaking(
            groups: groups,
            served: served,
            queueRoom: request.queueRoom,
            turnRoom: room,
            capacity: request.capacity,
            lastFence: lastFence
        )
        return (turns, groups.count)
    }

    // MARK: Taking

    private func take(
        _ chosen: [Chosen],
        _ request: LeaseRequest,
        lastFence: Int64,
        now: Date,
        in transaction: Transaction
    ) throws(StorageError) -> [JobRecord] {
        let leaseExpiresAt = now.addingTimeInterval(request.period.inSeconds)
        var leased: [JobRecord] = []
        // PostgreSQL has the rows locked, and with the status in the condition it would rather walk through all that are pending.
        for part in chosen.inShapes {
            let rows = try transaction.rows(
                """
                UPDATE jobs
                SET status = 'processing', fence = chosen.column2, worker_id = \(request.worker),
                    lease_expires_at = \(leaseExpiresAt), attempt = attempt + 1, wake_requested = 0, started_at = \(sql: moment(now)),
                    stage = 'queued', progress = 0, message = NULL, updated_at = \(now)
                FROM (VALUES \(sql: .list(part.map { "(CAST(\($0.id) AS TEXT), CAST(\($0.fence) AS BIGINT))" as SQL }))) AS chosen
                WHERE jobs.id = chosen.column1\(sqlite: " AND jobs.status = 'pending'", postgres: "")
                RETURNING \(sql: JobRecord.columns)
                """
            )
            for row in rows { leased.append(try JobRecord(row)) }
        }
        let served = Dictionary(chosen.map { ($0.turn, $0.fence) }) { $1 }
        for part in Array(served).inShapes {
            try transaction.execute(
                """
                INSERT INTO job_turns (turn_of, served_fence)
                VALUES \(sql: .list(part.map { "(\($0.key), \($0.value))" as SQL }))
                ON CONFLICT (turn_of) DO UPDATE SET served_fence = excluded.served_fence
                """
            )
        }
        try transaction.execute("UPDATE job_fences SET last_fence = \(lastFence + Int64(chosen.count)) WHERE id = 1")
        return leased.sorted { ($0.fence?.rawValue ?? 0) < ($1.fence?.rawValue ?? 0) }
    }
}

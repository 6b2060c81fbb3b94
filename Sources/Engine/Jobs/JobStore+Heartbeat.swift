internal import Domain
internal import FoundationEssentials
internal import Storage

/// A request to cancel a running job, on its way to the handler.
struct CancelRequest: Sendable {
    let key: AttemptKey
    let isForced: Bool
    let person: String
}

/// The database's time, and when it was that by the worker's own steady clock.
struct DatabaseTime: Sendable {
    let date: Date
    let elapsed: Duration
}

/// What a worker learns from its heartbeat.
struct Heartbeat: Sendable {
    /// The attempts whose leases were renewed.
    var held: Set<AttemptKey> = []
    var cancels: [CancelRequest] = []
}

extension JobStore {
    /// Reads PostgreSQL's clock beside this machine's steady one; nil on SQLite.
    func databaseTime(in transaction: Transaction) throws(StorageError) -> DatabaseTime? {
        guard clock.followsDatabase, transaction.dialect == .postgres else { return nil }
        let before = clock.elapsed()
        let row = try transaction.first("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now")
        guard let row else { return nil }
        return DatabaseTime(date: try row.value("now"), elapsed: (before + clock.elapsed()) / 2)
    }

    /// Enters a worker.
    func register(_ worker: WorkerRecord, in transaction: Transaction) throws(StorageError) {
        try transaction.execute(
            """
            INSERT INTO workers
                (id, host, pid, incarnation, version, computing_slots, waiting_slots, started_at, heartbeat_at)
            VALUES (\(worker.id), \(worker.host), \(worker.pid), \(worker.incarnation), \(worker.version), \(worker.computingSlots),
                \(worker.waitingSlots), \(worker.startedAt), \(worker.heartbeatAt))
            """
        )
    }

    /// Notes that a worker has stopped by itself.
    func unregister(_ worker: String, now: Date, in transaction: Transaction) throws(StorageError) {
        try transaction.execute("UPDATE workers SET stopped_at = \(now), heartbeat_at = \(now) WHERE id = \(worker)")
    }

    /// Renews all leases of a worker.
    func heartbeat(_ worker: String, period: Duration, now: Date, in transaction: Transaction) throws(StorageError) -> Heartbeat {
        try transaction.execute("UPDATE workers SET heartbeat_at = \(now) WHERE id = \(worker)")
        // On PostgreSQL in the order of ids, as every statement that locks several jobs.
        let rows = try transaction.rows(
            """
            UPDATE jobs SET lease_expires_at = \(now.addingTimeInterval(period.inSeconds))
            WHERE status = 'processing' AND id IN (
                SELECT id FROM jobs WHERE worker_id = \(worker) AND status = 'processing'\(sqlite: "", postgres: " ORDER BY id COLLATE \"C\" FOR UPDATE")
            )
            RETURNING id, fence, cancel_requested_at, cancel_force, cancelled_by
            """
        )
        var heartbeat = Heartbeat()
        for row in rows {
            heartbeat.held.insert(try AttemptKey(row))
            if let cancel = try CancelRequest(row) { heartbeat.cancels.append(cancel) }
        }
        return heartbeat
    }

    /// Lists the requests to cancel a worker's running jobs.
    func cancels(for worker: String, in transaction: Transaction) throws(StorageError) -> [CancelRequest] {
        var cancels: [CancelRequest] = []
        let rows = try transaction.rows(
            """
            SELECT id, fence, cancel_requested_at, cancel_force, cancelled_by FROM jobs
            WHERE worker_id = \(worker) AND status = 'processing' AND cancel_requested_at IS NOT NULL
            """
        )
        for row in rows { if let cancel = try CancelRequest(row) { cancels.append(cancel) } }
        return cancels
    }

    /// Locks jobs in the order that keeps transactions with several from waiting for each other; SQLite has one writer anyway.
    func lock(_ keys: [AttemptKey], in transaction: Transaction) throws(StorageError) {
        guard transaction.dialect == .postgres else { return }
        for part in keys.inShapes {
            let ids = part.map(\.job)
            _ = try transaction.rows("SELECT id FROM jobs WHERE id IN (\(list: ids)) ORDER BY id COLLATE \"C\" FOR UPDATE")
        }
    }

    /// Lists the attempts that the database counts as a worker's.
    func attempts(heldBy worker: String, in transaction: Transaction) throws(StorageError) -> [AttemptKey] {
        var keys: [AttemptKey] = []
        let rows = try transaction.rows("SELECT id, fence FROM jobs WHERE worker_id = \(worker) AND status = 'processing'")
        for row in rows { keys.append(try AttemptKey(row)) }
        return keys.sorted()
    }
}

extension AttemptKey {
    init(_ row: Row) throws(StorageError) { self.init(job: try row.value("id"), fence: try row.value("fence")) }
}

extension CancelRequest {
    init?(_ row: Row) throws(StorageError) {
        guard try row.value("cancel_requested_at", as: Date?.self) != nil else { return nil }
        key = try AttemptKey(row)
        isForced = try row.value("cancel_force")
        person = try row.value("cancelled_by", as: String?.self) ?? ""
    }
}

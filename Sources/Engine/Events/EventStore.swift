package import Domain
package import FoundationEssentials
package import Storage

/// One event as it is stored.
package struct StoredEvent: Sendable, Hashable {
    /// Counted from 1 per job, without gaps, in the order in which things happened.
    package let ordinal: Int64
    package let job: JobID
    package let attempt: Int
    package let createdAt: Date
    package let name: String
    /// The payload's JSON, masked.
    package let payload: String

    /// The typed event, or nil when a newer program wrote a kind that this one doesn't know.
    package var event: JobEvent? {
        // A payload of another shape is a newer program's too: it is shown by its name, never fatal.
        JobEvent.Name(rawValue: name).flatMap { try? JobEvent(name: $0, payload: payload) }
    }

    init(_ row: Row, job: JobID) throws {
        ordinal = try row.value("ordinal")
        self.job = job
        attempt = try row.value("attempt")
        createdAt = try row.value("created_at")
        name = try row.value("name")
        payload = try row.value("data")
    }
}

/// Appends and reads what jobs report.
///
/// Only the holder of a job's lease, or the transaction that ends a job nobody holds, appends: so an ordinal is given once.
package struct EventStore: Sendable {
    /// The doorbell that rings after new events are committed.
    package static let channel = "events"

    package init() {}

    /// Appends events, and the log text that came with them, then rings ``channel``.
    ///
    /// - Parameters:
    ///   - events: In order.
    ///   - text: Lines for the execution log, each ending in a newline; masked already.
    ///   - job: Whose.
    ///   - organization: Who may see them; nil for the product's own jobs.
    ///   - attempt: Of the job.
    ///   - ordinal: The job's last one so far; a second try with the same number stores nothing twice.
    ///   - now: The time for the rows.
    ///   - transaction: The caller's.
    /// - Returns: The job's last ordinal now, and what was really added.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func append(
        _ events: [JobEvent],
        text: String = "",
        to job: JobID,
        organization: OrganizationID?,
        attempt: Int,
        after ordinal: Int64,
        at now: Date,
        in transaction: Transaction
    ) throws -> AppendedEvents {
        var next = ordinal
        var added: [AppendedEvents.Event] = []
        var rest = events[...]
        while !rest.isEmpty {
            let page = try rest.prefix(32).map { event in
                next += 1
                return AppendedEvents.Event(ordinal: next, event: event, payload: try event.encodedPayload())
            }
            let rows = page.map { item -> [any SQLBindable] in
                [organization?.rawValue, job.rawValue, item.ordinal, attempt, item.event.name.rawValue, item.payload, now]
            }
            let stored = try transaction.rows(
                """
                INSERT INTO events (organization_id, job_id, ordinal, attempt, name, data, created_at)
                VALUES \(rows: rows)
                ON CONFLICT (job_id, ordinal) DO NOTHING
                RETURNING ordinal
                """
            )
            let ordinals = try Set(stored.map { try $0.value("ordinal", as: Int64.self) })
            added += page.filter { ordinals.contains($0.ordinal) }
            rest = rest.dropFirst(32)
        }
        if !text.isEmpty {
            try transaction.execute(
                """
                INSERT INTO log_chunks (job_id, ordinal, attempt, text, created_at)
                VALUES (\(job), \(next), \(attempt), \(text.replacing("\0", with: "\u{FFFD}")), \(now))
                ON CONFLICT (job_id, ordinal) DO UPDATE SET text = log_chunks.text || excluded.text
                """
            )
        }
        transaction.notify(Self.channel)
        return AppendedEvents(lastOrdinal: next, added: added)
    }

    /// The job's last ordinal; 0 before its first event.
    package func lastOrdinal(of job: JobID, in transaction: Transaction) throws -> Int64 {
        let row = try transaction.first("SELECT COALESCE(MAX(ordinal), 0) AS last FROM events WHERE job_id = \(job)")
        return try row?.value("last") ?? 0
    }

    /// How many events of one kind the job has.
    package func count(_ name: JobEvent.Name, of job: JobID, in transaction: Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS number FROM events WHERE job_id = \(job) AND name = \(name)")?.value("number") ?? 0
    }

    /// The job's newest event of one kind.
    package func last(_ name: JobEvent.Name, of job: JobID, in transaction: Transaction) throws -> StoredEvent? {
        try transaction.first(
            """
            SELECT ordinal, attempt, name, data, created_at FROM events
            WHERE job_id = \(job) AND name = \(name)
            ORDER BY ordinal DESC LIMIT 1
            """
        ).map { try StoredEvent($0, job: job) }
    }

    /// The job's events of some kinds, oldest first.
    package func events(
        of job: JobID,
        named names: [JobEvent.Name],
        limit: Int = 10_000,
        in transaction: Transaction
    ) throws -> [StoredEvent] {
        try transaction.rows(
            """
            SELECT ordinal, attempt, name, data, created_at FROM events
            WHERE job_id = \(job) AND name IN (\(list: names))
            ORDER BY ordinal LIMIT \(limit)
            """
        ).map { try StoredEvent($0, job: job) }
    }

    /// The end of the execution log.
    ///
    /// - Returns: At most `limit` bytes of whole chunks, or the end of the last one; and whether anything before it is missing.
    package func logEnd(of job: JobID, limit: Int, in transaction: Transaction) throws -> (text: String, isCut: Bool) {
        var pieces: [String] = []
        var size = 0
        var before = Int64.max
        while size <= limit {
            let rows = try transaction.rows(
                """
                SELECT ordinal, text FROM log_chunks
                WHERE job_id = \(job) AND ordinal < \(before)
                ORDER BY ordinal DESC LIMIT 100
                """
            )
            guard let last = rows.last else { return (pieces.reversed().joined(), false) }
            before = try last.value("ordinal")
            for row in rows {
                let text: String = try row.value("text")
                size += text.utf8.count
                guard size <= limit else { break }
                pieces.append(text)
            }
        }
        if pieces.isEmpty {
            let newest = try transaction.first("SELECT text FROM log_chunks WHERE job_id = \(job) ORDER BY ordinal DESC LIMIT 1")
            let text: String = try newest?.value("text") ?? ""
            pieces = [String(decoding: text.utf8.suffix(limit), as: UTF8.self)]
        }
        return (pieces.reversed().joined(), true)
    }

    /// The job's events after `ordinal`, oldest first.
    package func events(
        of job: JobID,
        after ordinal: Int64 = 0,
        limit: Int = 1000,
        in transaction: Transaction
    ) throws -> [StoredEvent] {
        try transaction.rows(
            """
            SELECT ordinal, attempt, name, data, created_at FROM events
            WHERE job_id = \(job) AND ordinal > \(ordinal)
            ORDER BY ordinal LIMIT \(limit)
            """
        ).map { try StoredEvent($0, job: job) }
    }

    /// The job's resource events after its last `finished` event, up to `ordinal`: what an attempt without an end had reported.
    package func eventsSinceEnd(of job: JobID, upTo ordinal: Int64, in transaction: Transaction) throws -> [StoredEvent] {
        let row = try transaction.first(
            "SELECT COALESCE(MAX(ordinal), 0) AS last FROM events WHERE job_id = \(job) AND name = \(JobEvent.Name.finished) AND ordinal <= \(ordinal)"
        )
        let end: Int64 = try row?.value("last") ?? 0
        return try transaction.rows(
            """
            SELECT ordinal, attempt, name, data, created_at FROM events
            WHERE job_id = \(job) AND ordinal > \(end) AND ordinal <= \(ordinal) AND name = \(JobEvent.Name.resource)
            ORDER BY ordinal
            """
        ).map { try StoredEvent($0, job: job) }
    }

    /// The execution log after `ordinal`, oldest first.
    ///
    /// - Returns: At most `limit` chunks, each with its ordinal, to be passed as `after` of the next call.
    package func log(
        of job: JobID,
        after ordinal: Int64 = -1,
        limit: Int = 500,
        in transaction: Transaction
    ) throws -> [(ordinal: Int64, text: String)] {
        try transaction.rows(
            """
            SELECT ordinal, text FROM log_chunks
            WHERE job_id = \(job) AND ordinal > \(ordinal)
            ORDER BY ordinal LIMIT \(limit)
            """
        ).map { (try $0.value("ordinal"), try $0.value("text")) }
    }
}

internal import Domain
internal import Storage

/// The jobs of one group that may be leased, in their order, fetched a few at a time.
struct CandidateList {
    struct Candidate: Sendable {
        let id: JobID
        let concurrencyKey: String?
    }

    private let group: TurnTaking.Group
    private var fetched: [Candidate] = []
    private var index = 0
    private var isAtEnd = false

    init(group: TurnTaking.Group) { self.group = group }

    /// What makes a job leasable, but for its queue and its turn: ready, of a known kind, and no other job of its key runs.
    static func isLeasable(kinds: [String]) -> SQL {
        """
        status = 'pending' AND kind IN (\(list: kinds))
            AND (concurrency_key IS NULL OR NOT EXISTS (
                SELECT 1 FROM jobs AS other WHERE other.concurrency_key = jobs.concurrency_key AND other.status = 'processing'
            ))
        """
    }

    /// The next job, or nil when there is none; fetches `atLeast` that many at a time.
    mutating func next(atLeast: Int, kinds: [String], in transaction: Transaction) throws(StorageError) -> Candidate? {
        if index == fetched.count, !isAtEnd {
            let size = max(atLeast, fetched.count)
            let rows = try transaction.rows(
                """
                SELECT id, concurrency_key FROM jobs
                WHERE queue = \(group.queue) AND turn_of = \(group.turn) AND \(sql: Self.isLeasable(kinds: kinds))
                ORDER BY priority DESC, run_at, id
                LIMIT \(size) OFFSET \(fetched.count)\(sqlite: "", postgres: " FOR UPDATE SKIP LOCKED")
                """
            )
            for row in rows { fetched.append(Candidate(id: try row.value("id"), concurrencyKey: try row.value("concurrency_key"))) }
            isAtEnd = rows.count < size
        }
        guard index < fetched.count else { return nil }
        defer { index += 1 }
        return fetched[index]
    }
}

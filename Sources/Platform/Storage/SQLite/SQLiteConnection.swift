internal import CSQLite
internal import Glibc

/// One `sqlite3*` with its prepared statements.
final class SQLiteConnection: Connection {
    /// What a connection is for.
    enum Role { case writer, reader }

    private let handle: OpaquePointer
    private let path: String
    private let role: Role
    private var statements: [String: SQLiteStatement] = [:]
    private var useCount = 0
    private static let statementLimit = 256

    var scope = TransactionScope()
    var dialect: Dialect { .sqlite }

    /// Opens the file, which a writer makes when it is missing.
    ///
    /// - Throws: ``StorageError`` when it can't be opened, is no database, or (a writer) can't be written.
    init(path: String, role: Role, busyTimeout: Duration) throws(StorageError) {
        if role == .writer { Self.makeFile(path) }
        var handle: OpaquePointer?
        // No mutex: a connection is used from one queue. https://www.sqlite.org/threadsafe.html
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK, let handle else {
            let error = StorageError(sqlite: handle, path: path)
            // A failed open still hands back a handle that must be closed. https://www.sqlite.org/c3ref/open.html
            sqlite3_close_v2(handle)
            throw error
        }
        self.handle = handle
        self.path = path
        self.role = role
        slipway_sqlite3_wait_at_most(handle, busyTimeout.milliseconds)
        _ = slipway_sqlite3_reject_double_quoted_strings(handle)
        try configure()
    }

    deinit {
        statements = [:]
        sqlite3_close_v2(handle)
    }

    /// Makes the file readable for its user only; its -wal and -shm take its mode over.
    private static func makeFile(_ path: String) {
        // O_EXCL: opening and closing a file that another connection of this process uses would drop that one's locks.
        // https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    private func configure() throws(StorageError) {
        if role == .writer {
            if sqlite3_db_readonly(handle, "main") == 1 { throw StorageError(.readOnly(path)) }
            try control("PRAGMA journal_mode = WAL")
            guard try journalMode() == "wal" else {
                throw StorageError(.cannotOpen(path: path, why: "no write-ahead log is possible there: it needs a file on a local disk"))
            }
            try control("PRAGMA journal_size_limit = 67108864")
        } else {
            try control("PRAGMA query_only = ON")
        }
        try control("PRAGMA synchronous = FULL")
        try control("PRAGMA foreign_keys = ON")
        try control("PRAGMA trusted_schema = OFF")
        try control("PRAGMA temp_store = MEMORY")
        // As PostgreSQL's LIKE is.
        try control("PRAGMA case_sensitive_like = ON")
    }

    /// SQLite's journal mode: `wal`.
    func journalMode() throws(StorageError) -> String {
        try run("PRAGMA journal_mode", rowLimit: 1).rows.first?.value("journal_mode") ?? ""
    }

    /// Whether a transaction is open: a full disk, for one, ends it by itself.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func run(_ sql: SQL, rowLimit: Int) throws(StorageError) -> Answer {
        let (text, values) = sql.rendered(for: .sqlite)
        for case .text(let text) in values where text.utf8.contains(0) { throw StorageError(.nulInText) }
        do throws(StorageError) {
            return try statement(text).run(values, rowLimit: rowLimit)
        } catch  where role == .reader {
            if case .readOnly = error.reason { throw StorageError(.malformed, sql: text, cause: "a read can't change anything") }
            throw error
        }
    }

    func control(_ text: String) throws(StorageError) { _ = try statement(text).run([], rowLimit: 0) }

    private func statement(_ text: String) throws(StorageError) -> SQLiteStatement {
        useCount += 1
        if let statement = statements[text] {
            statement.lastUse = useCount
            return statement
        }
        if statements.count >= Self.statementLimit { evict() }
        let statement = try SQLiteStatement(text, on: handle, path: path)
        statement.lastUse = useCount
        statements[text] = statement
        return statement
    }

    /// Drops the half that wasn't used for longest.
    private func evict() {
        let median = statements.values.map(\.lastUse).sorted()[statements.count / 2]
        statements = statements.filter { $0.value.lastUse > median }
    }
}

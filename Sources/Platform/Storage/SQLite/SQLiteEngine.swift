internal import CSQLite
internal import Dispatch

/// SQLite: one connection that writes and several that read.
final class SQLiteEngine: DatabaseEngine {
    private let path: String
    private let options: DatabaseOptions
    private let writer: SQLiteWriter
    private let readers: LanePool<SQLiteConnection>
    private let bells: SQLiteBells

    var dialect: Dialect { .sqlite }

    static func open(path: String, options: DatabaseOptions) async throws(StorageError) -> SQLiteEngine {
        // The open blocks, so that it gets a queue like everything that follows.
        let opened: Result<SQLiteEngine, StorageError> = await withCheckedContinuation { continuation in
            DispatchQueue(label: "sqlite open").async {
                continuation.resume(
                    returning: Result { () throws(StorageError) in try SQLiteEngine(path: path, options: options) }
                )
            }
        }
        return try opened.get()
    }

    private init(path: String, options: DatabaseOptions) throws(StorageError) {
        let connection = try SQLiteConnection(path: path, role: .writer, busyTimeout: options.busyTimeout)
        let bells = SQLiteBells(path: path)
        self.path = path
        self.options = options
        self.bells = bells
        writer = SQLiteWriter(connection: connection, waitingLimit: options.waiting) { bells.committed($0) }
        readers = LanePool(label: "sqlite reader", lanes: options.readers, waitingLimit: options.waiting)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(StorageError) {
                try writer.submit(PendingWriteOf(body, continuation: continuation))
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await withReader { connection in
            connection.scope = TransactionScope()
            try connection.control("BEGIN")
            // A read has nothing to keep; the rollback of a read can't fail in a way that matters.
            defer { try? connection.control("ROLLBACK") }
            let value = try body(Transaction(on: connection))
            if let failure = connection.scope.failure { throw failure }
            return value
        }
    }

    private func withReader<T: Sendable>(_ body: @escaping @Sendable (SQLiteConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(StorageError) {
                try readers.submit { lane in continuation.resume(with: Result { try body(self.connection(of: lane)) }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// The lane's connection, opened with its first use.
    private func connection(of lane: LanePool<SQLiteConnection>.Lane) throws(StorageError) -> SQLiteConnection {
        if let connection = lane.resource { return connection }
        let connection = try SQLiteConnection(path: path, role: .reader, busyTimeout: options.busyTimeout)
        lane.resource = connection
        return connection
    }

    var changes: UInt64 { bells.changes }

    func doorbells(_ channel: String) -> AsyncStream<Void> { bells.listen(channel) }

    func check() async throws -> DatabaseCheck {
        let mode = try await withReader { try $0.journalMode() }
        return DatabaseCheck(dialect: .sqlite, version: String(cString: sqlite3_libversion()), location: path, durability: mode)
    }

    func close() async {
        await readers.close()
        await writer.close()
        bells.close()
    }
}

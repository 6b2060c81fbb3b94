/// A database: SQLite in a file or PostgreSQL on a server, behind one API.
///
/// Its blocking calls run on queues of its own, never on Swift's shared pool. Cancelling the calling task doesn't interrupt a
/// transaction: it ends, and its result is returned.
package final class Database: Sendable {
    /// Where it is.
    package let location: DatabaseLocation
    private let engine: any DatabaseEngine

    private init(location: DatabaseLocation, engine: any DatabaseEngine) {
        self.location = location
        self.engine = engine
    }

    /// Opens a database and tries the connection; makes the SQLite file (0600) when it is missing, but not its folder.
    ///
    /// - Throws: ``StorageError`` with a reason that tells an unreachable server, a wrong password, a read-only file, a full disk and
    ///   a file that is no database apart.
    package static func open(
        _ location: DatabaseLocation,
        options: DatabaseOptions = DatabaseOptions()
    ) async throws(StorageError) -> Database {
        switch location {
        case .sqlite(let path):
            Database(location: location, engine: try await SQLiteEngine.open(path: path, options: options))
        case .postgres(let url):
            Database(location: location, engine: try await PostgresEngine.open(url: url, options: options))
        }
    }

    /// Which of the two databases it is.
    package var dialect: Dialect { engine.dialect }

    /// Runs statements that only read, in one snapshot: `body` sees all of a commit or nothing of it.
    ///
    /// - Parameter body: May be run again when the connection broke; must not block on anything else.
    /// - Returns: What `body` returned.
    /// - Throws: ``StorageError``, or what `body` throws.
    package func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await engine.read(body)
    }

    /// Runs statements in one transaction, and returns when it is durable.
    ///
    /// When `body` throws, all of it is undone. On SQLite writes run one after the other, and those that wait together share one
    /// commit; on PostgreSQL they run beside each other, at READ COMMITTED: lock what you read to change (`FOR UPDATE`).
    ///
    /// - Parameter body: May be run again after a deadlock, a serialization failure or a broken connection, so that it must have no
    ///   other effect; must not block on anything else.
    /// - Returns: What `body` returned in the run that was committed.
    /// - Throws: ``StorageError`` (``StorageError/Reason/connectionLost``: the commit's outcome is unknown), or what `body` throws.
    @discardableResult
    package func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await engine.write(body)
    }

    /// A stream with an element whenever a transaction that called ``Transaction/notify(_:)`` became durable, in whatever process.
    ///
    /// Elements that nobody has taken yet become one. It may ring without a cause (after a reconnect), and a process that dies right
    /// after its commit may not ring: look at the data at each element, and now and then without one. Ends with ``close()``.
    package func doorbells(_ channel: String) -> AsyncStream<Void> { engine.doorbells(channel) }

    /// Grows with every commit of this process, before whoever made it goes on, and with every doorbell of another one.
    ///
    /// What was read after this was asked for is up to date as long as it stays, but for what another process did without ringing.
    package var changes: UInt64 { engine.changes }

    /// What `slipway doctor` says of it.
    ///
    /// - Throws: ``StorageError`` when it doesn't answer.
    package func check() async throws -> DatabaseCheck { try await engine.check() }

    /// Refuses new transactions, waits for those under way or waiting, and closes every connection.
    package func close() async { await engine.close() }
}

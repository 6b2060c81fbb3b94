internal import CPostgres

/// One connection to PostgreSQL with its prepared statements.
final class PostgresConnection: Connection {
    /// What the server must prepare anew: the text, and the types of the bound values.
    private struct StatementKey: Hashable {
        let text: String
        let types: [UInt32]
    }

    private final class Prepared {
        let name: String
        let isBinary: Bool
        var shape: Row.Shape
        var lastUse = 0

        init(name: String, isBinary: Bool, shape: Row.Shape) {
            self.name = name
            self.isBinary = isBinary
            self.shape = shape
        }
    }

    private static let statementLimit = 256
    private static let notify = "SELECT pg_notify($1, '')"

    private let handle: PostgresHandle
    private let server: String
    private var statements: [StatementKey: Prepared] = [:]
    private var useCount = 0
    private var nameCount = 0
    /// The BEGIN that goes out together with the transaction's first statement: one round trip less.
    private var pendingBegin: String?

    var scope = TransactionScope()
    var dialect: Dialect { .postgres }

    /// Connects and sets the session up.
    ///
    /// - Throws: ``StorageError`` with a reason why there is no connection.
    init(_ address: PostgresAddress, options: DatabaseOptions) throws(StorageError) {
        handle = try PostgresHandle(address, options: options)
        server = address.shown
        try control("SET statement_timeout = \(options.statementTimeout.milliseconds)")
        // A transaction that its owner forgot would keep its locks for ever; this program's end within their statements' limits.
        try control("SET idle_in_transaction_session_timeout = \(2 * options.statementTimeout.milliseconds)")
    }

    /// Whether the connection is of no more use.
    var isBroken: Bool { handle.isBroken || scope.isLost }

    /// Whether the server has a transaction open on it.
    private var isInTransaction: Bool { PQtransactionStatus(handle.pointer) != PQTRANS_IDLE }

    /// Begins a transaction, with its first statement; one without statements never reaches the server.
    func begin(_ text: String) { pendingBegin = text }

    func run(_ sql: SQL, rowLimit: Int) throws(StorageError) -> Answer {
        let (text, values) = sql.rendered(for: .postgres)
        let parameters = try PostgresParameters(values)
        let prepared = try prepared(text, parameters.types)
        let result = try execute(prepared, parameters, text: text)
        var answer = Answer(affectedRows: result.affectedRows)
        let columnCount = result.columnCount
        if rowLimit == 0 || columnCount == 0 { return answer }
        for row in 0..<min(rowLimit, result.rowCount) {
            answer.rows.append(Row(shape: prepared.shape, values: (0..<columnCount).map { result.value(row: row, column: $0) }))
        }
        return answer
    }

    private func execute(_ prepared: Prepared, _ parameters: PostgresParameters, text: String) throws(StorageError) -> PostgresResult {
        let format: Int32 = prepared.isBinary ? 1 : 0
        guard let begin = pendingBegin else {
            let result = parameters.withPointers { pointers in
                PQexecPrepared(
                    handle.pointer,
                    prepared.name,
                    parameters.count,
                    pointers,
                    parameters.lengths,
                    parameters.formats,
                    format
                )
            }
            return try checked(result, sql: text)
        }
        pendingBegin = nil
        var pipeline = PostgresPipeline(on: handle)
        pipeline.send(begin)
        parameters.withPointers { pipeline.send(prepared: prepared.name, parameters, $0, format: format) }
        var results = pipeline.results()
        _ = try checked(results.next(), sql: begin)
        return try checked(results.next(), sql: text)
    }

    func control(_ text: String) throws(StorageError) {
        if let begin = pendingBegin {
            pendingBegin = nil
            try control(begin)
        }
        _ = try checked(PQexec(handle.pointer, text), sql: text)
    }

    /// Notifies channels and ends the transaction, in one round trip.
    ///
    /// - Parameter channels: Those of ``TransactionScope/bells`` that nobody else rings.
    /// - Throws: ``StorageError/Reason/connectionLost`` when it isn't known whether it was committed.
    func commit(notifying channels: [String]) throws(StorageError) {
        if pendingBegin != nil, channels.isEmpty { return }
        if pendingBegin != nil { try control("SELECT 1") }
        scope.isCommitting = true
        do throws(StorageError) {
            try sendCommit(notifying: channels)
        } catch {
            throw scope.isLost ? StorageError(.connectionLost, cause: error.cause) : error
        }
    }

    private func sendCommit(notifying channels: [String]) throws(StorageError) {
        if channels.isEmpty {
            let result = try checked(PQexec(handle.pointer, "COMMIT"), sql: "COMMIT")
            return try expectCommit(result)
        }
        var pipeline = PostgresPipeline(on: handle)
        for channel in channels { pipeline.send(Self.notify, channel) }
        pipeline.send("COMMIT")
        var results = pipeline.results()
        for _ in channels { _ = try checked(results.next(), sql: Self.notify) }
        try expectCommit(try checked(results.next(), sql: "COMMIT"))
    }

    private func expectCommit(_ result: borrowing PostgresResult) throws(StorageError) {
        guard result.command == "COMMIT" else { throw StorageError(.malformed, cause: "the transaction had failed") }
    }

    /// Gives the transaction up; fails only with the connection.
    func rollBack() {
        pendingBegin = nil
        guard !isBroken, isInTransaction else { return }
        // A failure shows in `isBroken`, and the connection is dropped then.
        try? control("ROLLBACK")
    }

    /// What the server calls its version.
    func parameter(_ name: String) -> String { PQparameterStatus(handle.pointer, name).map { String(cString: $0) } ?? "" }

    // MARK: Statements

    private func prepared(_ text: String, _ types: [UInt32]) throws(StorageError) -> Prepared {
        let key = StatementKey(text: text, types: types)
        useCount += 1
        if let prepared = statements[key] {
            prepared.lastUse = useCount
            return prepared
        }
        if statements.count >= Self.statementLimit { try evict() }
        nameCount += 1
        let name = "s\(nameCount)"
        _ = try checked(PQprepare(handle.pointer, name, text, Int32(types.count), types), sql: text)
        let description = try checked(PQdescribePrepared(handle.pointer, name), sql: text)
        let prepared = Prepared(
            name: name,
            isBinary: description.columnTypes.allSatisfy { PostgresType(rawValue: $0)?.isReadInBinary ?? false },
            shape: Row.Shape(names: description.columnNames)
        )
        prepared.lastUse = useCount
        statements[key] = prepared
        return prepared
    }

    /// Drops the half that wasn't used for longest.
    private func evict() throws(StorageError) {
        let median = statements.values.map(\.lastUse).sorted()[statements.count / 2]
        for (key, prepared) in statements where prepared.lastUse <= median {
            statements[key] = nil
            try control("DEALLOCATE \(prepared.name)")
        }
    }

    private func checked(_ pointer: OpaquePointer?, sql: String) throws(StorageError) -> PostgresResult {
        // libpq returns nil only when it is out of memory or disconnected.
        guard let pointer else {
            scope.isLost = true
            throw StorageError(.unreachable(server: server), sql: sql)
        }
        let result = PostgresResult(owning: pointer)
        if result.isSuccess { return result }
        let state = result.sqlState
        // Class 57P: the server shuts down or crashed; it closes the connection after its message.
        if handle.isBroken || state.isEmpty || state.hasPrefix("57P") || state.hasPrefix("08") {
            scope.isLost = true
            throw StorageError(.unreachable(server: server), sql: sql, cause: state.isEmpty ? nil : "SQLSTATE \(state)")
        }
        // 40: deadlock or serialization failure. 0A000 and 26000: a prepared statement that a change of the tables, or somebody's
        // DISCARD, made useless; it is prepared anew then.
        if state.hasPrefix("40") || state == "0A000" || state == "26000" { scope.mustStartOver = true }
        if state == "0A000" || state == "26000" { scope.hasStaleStatements = true }
        throw StorageError(sqlState: state, fields: result.errorFields, server: server, isReading: scope.isReading, sql: sql)
    }
}

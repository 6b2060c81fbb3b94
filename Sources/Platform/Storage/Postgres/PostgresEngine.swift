internal import Dispatch
internal import Glibc
internal import Synchronization

/// PostgreSQL: a bounded pool of connections, opened when they are first needed.
final class PostgresEngine: DatabaseEngine {
    /// How often a transaction is begun again.
    private static let attemptLimit = 6

    private let address: PostgresAddress
    private let options: DatabaseOptions
    private let lanes: LanePool<PostgresConnection>
    private let doorbells = Doorbells()
    private let bells: PostgresBells
    let carrier: RedisBells?
    private let backoff = Mutex(Backoff())

    var dialect: Dialect { .postgres }

    /// Makes the pool and tries a first connection.
    static func open(url: String, options: DatabaseOptions) async throws(StorageError) -> PostgresEngine {
        let engine = PostgresEngine(try PostgresAddress(url), options: options)
        do {
            try await engine.onLane { lane in _ = try engine.connection(of: lane) }
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.failing("\(error)"))
        }
        engine.carrier?.onLoss { [weak engine] channels in engine?.ring(channels) }
        return engine
    }

    private init(_ address: PostgresAddress, options: DatabaseOptions) {
        self.address = address
        self.options = options
        lanes = LanePool(label: "postgres", lanes: options.connections, waitingLimit: options.waiting)
        bells = PostgresBells(address, options: options, doorbells: doorbells)
        carrier = options.bells.map { [doorbells] in RedisBells($0, doorbells: doorbells) }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await onLane { lane in try self.transact(on: lane, isReading: false, body) }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await onLane { lane in try self.transact(on: lane, isReading: true, body) }
    }

    var changes: UInt64 { doorbells.changes }

    func doorbells(_ channel: String) -> AsyncStream<Void> {
        carrier?.listen(channel)
        // Also with a carrier: whoever doesn't reach it rings here.
        return bells.listen(channel)
    }

    func check() async throws -> DatabaseCheck {
        let durability = try await read { try $0.first("SHOW synchronous_commit")?.value("synchronous_commit", as: String.self) ?? "" }
        let version = try await onLane { lane in try self.connection(of: lane).parameter("server_version") }
        return DatabaseCheck(dialect: .postgres, version: version, location: address.shown, durability: durability)
    }

    func close() async {
        await lanes.close()
        await carrier?.close()
        await bells.close()
    }

    // MARK: Lanes

    private func onLane<T: Sendable>(
        _ body: @escaping @Sendable (LanePool<PostgresConnection>.Lane) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(StorageError) {
                try lanes.submit { lane in continuation.resume(with: Result { try body(lane) }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// The lane's connection, opened when there is none; after a failure, not before its time.
    private func connection(of lane: LanePool<PostgresConnection>.Lane) throws(StorageError) -> PostgresConnection {
        if let connection = lane.resource {
            if !connection.isBroken { return connection }
            lane.resource = nil
        }
        if let pause = backoff.withLock({ $0.pause() }) { usleep(UInt32(pause.milliseconds) * 1000) }
        do throws(StorageError) {
            let connection = try PostgresConnection(address, options: options)
            backoff.withLock { $0.succeeded() }
            lane.resource = connection
            return connection
        } catch {
            backoff.withLock { $0.failed(jitter: .random(in: 0.5...1)) }
            throw error
        }
    }

    // MARK: Transactions

    private func transact<T: Sendable>(
        on lane: LanePool<PostgresConnection>.Lane,
        isReading: Bool,
        _ body: (Transaction) throws -> T
    ) throws -> T {
        var attempt = 1
        while true {
            let connection = try connection(of: lane)
            connection.scope = TransactionScope(isReading: isReading)
            let outcome = Result { try attempted(on: connection, body) }
            connection.rollBack()
            let scope = connection.scope
            if connection.isBroken || scope.hasStaleStatements { lane.resource = nil }
            let mayStartOver = scope.isLost ? !scope.isCommitting : scope.mustStartOver
            guard case .failure = outcome, mayStartOver, attempt < Self.attemptLimit else { return try outcome.get() }
            // Two transactions that met in a deadlock shouldn't meet again.
            if !scope.isLost { usleep(UInt32.random(in: 0...(1000 << UInt32(attempt)))) }
            attempt += 1
        }
    }

    private func attempted<T>(on connection: PostgresConnection, _ body: (Transaction) throws -> T) throws -> T {
        connection.begin(connection.scope.isReading ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN")
        let value = try body(Transaction(on: connection))
        if let failure = connection.scope.failure { throw failure }
        if connection.scope.isReading { return value }
        let channels = connection.scope.bells
        let isCarried = !channels.isEmpty && carrier?.carries == true
        defer {
            // Also when nobody can say whether it was committed.
            doorbells.countChange()
            if isCarried {
                carrier?.ring(channels)
                for channel in channels { doorbells.ring(channel) }
            }
        }
        try connection.commit(notifying: isCarried ? [] : channels)
        if !isCarried { bells.ringHere(channels) }
        return value
    }

    /// Rings by the server, when Redis didn't.
    private func ring(_ channels: [String]) {
        // Closed, or the server is away: whoever listens looks by itself now and then.
        try? lanes.submit { lane in
            try? self.transact(on: lane, isReading: false) { transaction in
                for channel in channels { transaction.notify(channel) }
            }
        }
    }
}

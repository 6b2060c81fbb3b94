import Host
import Storage

/// Transactions of several processes that ring: how many become durable a second when NOTIFY carries the rings, and when Redis does.
///
/// Both servers are this benchmark's own, and the data is on the disk. Each database object stands for a process of its own.
enum RingsBench {
    private static let processes = 4
    private static let writersEach = 8
    private static let writesEach = 40

    static func measure(_ rig: Rig, _ report: Report) async throws {
        let folder = try rig.folder("rings")
        let redis = try rig.tool("redis-server", remedy: "run `make bootstrap`, or install the package redis-server.")
        let socket = "\(folder)/redis.sock"
        let words = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder]
        let process = try ChildProcess.start(.init(redis, words, environment: rig.environment, folder: folder))
        let server = try await PostgresServer.start(rig)
        do {
            try await compare(server.location, redis: try RedisLocation.parse("unix://\(socket)"), rig, report)
        } catch {
            report.skipped("rings", "\(error)")
        }
        await server.stop()
        process.signal(15)
        _ = await process.wait()
    }

    private static func compare(_ location: DatabaseLocation, redis: RedisLocation, _ rig: Rig, _ report: Report) async throws {
        let first = try await Database.open(location)
        try await first.write { try $0.execute("CREATE TABLE rings (process BIGINT, note TEXT)") }
        await first.close()
        var (notified, carried): ([Double], [Double]) = ([], [])
        // In turn, so that a slow minute of the disk slows both.
        for _ in 0..<rig.runs {
            notified.append(try await rate(location, redis: nil))
            carried.append(try await rate(location, redis: redis))
        }
        report.row("transactions that ring, 4 processes: NOTIFY", Samples(notified), unit: "/s")
        report.row("transactions that ring, 4 processes: Redis", Samples(carried), unit: "/s")
        report.row("  Redis / NOTIFY", Samples.pairwise(carried, notified, /), unit: "x", places: 1)
    }

    /// Transactions a second, each an insertion and a ring that everybody listens to.
    private static func rate(_ location: DatabaseLocation, redis: RedisLocation?) async throws -> Double {
        var options = DatabaseOptions()
        options.bells = redis
        var databases: [Database] = []
        for _ in 0..<processes { databases.append(try await Database.open(location, options: options)) }
        let listeners = databases.map { $0.doorbells("rings") }
        // Connected, to Redis too.
        try await Task.sleep(for: .milliseconds(500))
        for database in databases { try await write(1, database, 0) }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, database) in databases.enumerated() {
                for _ in 0..<writersEach { group.addTask { try await write(writesEach, database, number) } }
            }
            try await group.waitForAll()
        }
        let took = (ContinuousClock.now - start).seconds
        withExtendedLifetime(listeners) {}
        for database in databases { await database.close() }
        return Double(processes * writersEach * writesEach) / took
    }

    private static func write(_ count: Int, _ database: Database, _ number: Int) async throws {
        for _ in 0..<count {
            try await database.write { transaction in
                try transaction.execute("INSERT INTO rings (process, note) VALUES (\(number), 'a line of a run that someone follows')")
                transaction.notify("rings")
            }
        }
    }
}

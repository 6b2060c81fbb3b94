internal import FoundationEssentials
package import Storage

/// A Redis server of the tests' own, on a Unix socket in a short folder, which keeps nothing; it ends with this process.
package actor ThrowawayRedis {
    private let folder: TemporaryFolder
    private let settings: [String]
    private var process: TendedProcess?

    private nonisolated var socket: String { folder.path + "/redis.sock" }

    /// Its address.
    package nonisolated func url(password: String = "", database: Int = 0) -> String {
        "unix://" + (password.isEmpty ? "" : ":\(password)@") + socket + "?db=\(database)"
    }

    /// A client of it.
    package nonisolated func client(password: String = "", options: RedisOptions = RedisOptions()) throws -> RedisClient {
        RedisClient(try RedisLocation.parse(url(password: password)), options: options)
    }

    /// Makes and starts a server, with more of redis.conf as arguments, such as `--requirepass secret`.
    package init(settings: [String] = []) async throws {
        self.settings = settings
        folder = try TemporaryFolder()
        try await start()
    }

    /// The server that the tests of this process share; started with the first call.
    ///
    /// Use keys of one's own in it.
    package static func shared() async throws -> ThrowawayRedis {
        guard RequiredTool.redis.path != nil else { throw RequiredTool.Missing(tool: .redis) }
        return try await sharedServer.value
    }

    // Never cancelled: every test that needs the server awaits it.
    private static let sharedServer = Task { try await ThrowawayRedis() }

    /// Kills it; what it knew is gone.
    package func kill() async throws {
        try await process?.kill()
        process = nil
    }

    /// Starts it again, empty, and waits until it answers.
    package func restart() async throws { try await start() }

    /// Stops it where it is: connections stand, answers don't come.
    package func pause() { process?.pause() }

    package func resume() { process?.resume() }

    /// Ends it and removes its files; at the end of the process this happens by itself.
    package func remove() async throws {
        try await kill()
        folder.remove()
    }

    private func start() async throws {
        guard let program = RequiredTool.redis.path else { throw RequiredTool.Missing(tool: .redis) }
        // Left by a kill; a client must not take it for the new one's.
        try? FileManager.default.removeItem(atPath: socket)
        let defaults = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder.path]
        process = try TendedProcess([program] + defaults + settings, folder: folder, log: folder.path + "/log")
        let socket = socket
        try await within(.seconds(20), "redis-server") {
            while !FileManager.default.fileExists(atPath: socket) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}

internal import FoundationEssentials
internal import Glibc
package import Storage

/// A PostgreSQL server of the tests' own: fresh, on a Unix socket in a short folder, without fsync, gone with this process.
///
/// Use ``shared()`` for a server with many tests' databases, or an instance of one's own to ``kill()`` and ``restart()``.
package actor ThrowawayPostgres {
    /// A role, if a test makes it, that this server asks for its password.
    package static let roleWithPassword = "with_password"

    private let programs: PostgresPrograms
    private let folder: TemporaryFolder
    private let settings: [String]
    private let port: Int?
    private var sitter: Spawn.Child?
    private var openAdministrator: Database?

    /// Where a database of this server is; `postgres` always exists.
    package nonisolated func location(database: String = "postgres", user: String = "postgres", password: String = "") -> DatabaseLocation {
        var url = "postgresql:///\(database)?host=\(folder.path)&user=\(user)"
        if let port { url += "&port=\(port)" }
        if !password.isEmpty { url += "&password=\(password)" }
        return .postgres(url: url)
    }

    /// Makes and starts a server.
    ///
    /// - Parameters:
    ///   - port: A free port of 127.0.0.1 to listen on beside the socket, for tests of TCP and TLS.
    ///   - settings: More of postgresql.conf, such as `max_connections=20`.
    /// - Throws: When it doesn't start within half a minute.
    package init(port: Int? = nil, settings: [String] = []) async throws {
        programs = try PostgresPrograms.find()
        self.port = port
        self.settings = settings + (port.map { ["port=\($0)", "listen_addresses=127.0.0.1"] } ?? [])
        folder = try TemporaryFolder(inMemory: true)
        if geteuid() == 0, let nobody = getpwnam("nobody") { chown(folder.path, nobody.pointee.pw_uid, nobody.pointee.pw_gid) }
        chmod(folder.path, 0o700)
        let arguments = ["-D", data, "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
        try await Spawn.run(programs.command("initdb", arguments), log: log)
        // One role needs a password, for the tests of passwords.
        let rules = "local all \(Self.roleWithPassword) scram-sha-256\nlocal all all trust\nhost all all 127.0.0.1/32 trust\n"
        try rules.write(toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
        try await start()
    }

    /// The server that the tests of this process share; started with the first call.
    package static func shared() async throws -> ThrowawayPostgres {
        // Here, so that the test that asks is the one that is skipped.
        _ = try PostgresPrograms.find()
        return try await sharedServer.value
    }

    // Never cancelled: every test that needs a database awaits it.
    private static let sharedServer = Task { try await ThrowawayPostgres() }

    /// The folder of its data, where a test may put certificates.
    package nonisolated var data: String { folder.path + "/data" }
    private nonisolated var log: String { folder.path + "/log" }

    /// A connection to the database `postgres`, opened with its first use.
    func administrator() async throws -> Database {
        if let openAdministrator { return openAdministrator }
        let database = try await Database.open(location())
        openAdministrator = database
        return database
    }

    // MARK: Start and stop

    /// Starts the server again, after ``kill()`` or ``stop()``, and waits until it answers.
    package func restart() async throws { try await start() }

    /// Kills the server and all its processes at once, as a power cut would; what was committed is there again after ``restart()``.
    package func kill() async throws {
        guard let sitter else { return }
        try await end(sitter, with: "kill")
    }

    /// Stops the server in order.
    package func stop() async throws {
        guard let sitter else { return }
        try await end(sitter, with: "stop")
    }

    /// Ends the server and removes its files; at the end of the process this happens by itself.
    package func remove() async throws {
        await openAdministrator?.close()
        openAdministrator = nil
        if let sitter { try await end(sitter, with: "kill") }
        folder.remove()
    }

    /// A shell that starts the server and waits for one line on its standard input; the end of this process ends that input, and then
    /// the shell kills the server and removes its folder.
    private static let sitterScript = """
        folder=$1; shift
        "$@" </dev/null &
        server=$!
        line=
        segment=
        read -r line
        case "$line" in
        stop) kill -INT $server ;;
        *)
            children=$(cat /proc/$server/task/*/children 2>/dev/null)
            # Its shared memory, which the kernel keeps when nobody lives to remove it.
            segment=$(sed -n '7s/.* //p' "$folder/data/postmaster.pid" 2>/dev/null)
            kill -KILL $server $children ;;
        esac
        wait $server 2>/dev/null
        for child in $children; do
            # Gone, or a zombie that nobody has reaped.
            while grep -q '^State:[[:space:]][^ZX]' /proc/$child/status 2>/dev/null; do sleep 0.01; done
        done
        test -z "$segment" || ipcrm -m "$segment" 2>/dev/null
        rm -f "$folder/data/postmaster.pid" "$folder"/.s.PGSQL.*
        test -n "$line" || rm -rf "$folder"
        """

    private func start() async throws {
        guard sitter == nil else { return }
        let defaults = [
            "listen_addresses=", "unix_socket_directories=\(folder.path)", "fsync=off", "full_page_writes=off", "max_connections=300",
            // In the folder of the data: a killed server leaves what it has in /dev/shm behind.
            "dynamic_shared_memory_type=mmap",
            "shared_buffers=32MB", "log_min_messages=warning", "lc_messages=C", "autovacuum=off", "max_wal_size=128MB",
        ]
        let server = programs.command("postgres", ["-D", data] + (defaults + settings).flatMap { ["-c", $0] })
        sitter = try Spawn.start(["sh", "-c", Self.sitterScript, "sitter", folder.path] + server, log: log)
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                let database = try await Database.open(location())
                await database.close()
                return
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func end(_ child: Spawn.Child, with command: String) async throws {
        sitter = nil
        let line = Array("\(command)\n".utf8)
        _ = write(child.input, line, line.count)
        close(child.input)
        _ = try await Spawn.end(of: child)
    }
}

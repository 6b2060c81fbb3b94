import Glibc
import Host
import Storage

/// A PostgreSQL of the benchmark's own, with fsync on: what it answers is on the disk, as for SQLite.
final class PostgresServer: Sendable {
    private let process: ChildProcess
    let location: DatabaseLocation

    private init(process: ChildProcess, location: DatabaseLocation) {
        self.process = process
        self.location = location
    }

    /// Makes and starts a server on a socket in the benchmark's folder.
    static func start(_ rig: Rig) async throws -> PostgresServer {
        let remedy = "run `make bootstrap`, or install the package postgresql."
        let programs = try (initdb: rig.tool("initdb", remedy: remedy), postgres: rig.tool("postgres", remedy: remedy))
        let setpriv = try rig.tool("setpriv", remedy: "install the package util-linux.")
        // One for each part that asks.
        let folder = "\(rig.folder)/postgres-\(UInt32.random(in: 0...UInt32.max))"
        try FileSystem.makeFolder(folder)
        var user: [String] = []
        if geteuid() == 0 {
            // PostgreSQL refuses root.
            user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            try FileSystem.setMode(0o711, of: rig.folder)
            try await rig.time(try rig.tool("chown", remedy: "install the package coreutils."), ["nobody:nogroup", folder])
        }
        let data = "\(folder)/data"
        let initialize = [programs.initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
        try await rig.time(setpriv, user + initialize, in: folder)
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder)", "fsync=on", "synchronous_commit=on", "shared_buffers=128MB",
            "max_wal_size=1GB", "log_min_messages=error",
        ]
        let serve = ["--pdeathsig", "INT", programs.postgres, "-D", data] + settings.flatMap { ["-c", $0] }
        let process = try ChildProcess.start(.init(setpriv, user + serve, environment: rig.environment, folder: folder))
        let server = PostgresServer(process: process, location: .postgres(url: "postgresql:///postgres?host=\(folder)&user=postgres"))
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let database = try await Database.open(server.location)
                await database.close()
                return server
            } catch {
                guard ContinuousClock.now < deadline, process.status == nil else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Stops it in order.
    func stop() async {
        process.signal(2)
        _ = await process.wait()
    }
}

import FoundationEssentials
import Host
import Storage
import Terraform

/// How soon a machine is a server that is ready for work, and what it costs to look at many: real sshd, a real dockerd.
enum RegistrationBench {
    private static let example = "\(FileManager.default.currentDirectoryPath)/Examples/local-servers"

    static func measure(_ rig: Rig, _ report: Report) async throws {
        _ = try rig.terraform()
        guard FileSystem.exists(example) else {
            throw Rig.Failure(description: "Examples/local-servers is missing; run it in the project's folder.")
        }
        let machines = try await LocalMachines.start(rig)
        do {
            try await measureOne(Place(rig, "one-server", machines), report)
            try await ServerChecks(Place(rig, "checks", machines)).measure(report)
        } catch {
            await machines.stop()
            throw error
        }
        await machines.stop()
    }

    // MARK: - One server

    /// A new machine each time: its first contact, its key not yet there.
    private static func measureOne(_ place: Place, _ report: Report) async throws {
        var (chains, jobs, waits, commands) = (Samples(), Samples(), Samples(), Samples())
        // The first finds caches cold and makes the organization's key.
        for run in 0...place.rig.runs {
            let project = "r-\(Rig.unique())"
            let chain = try await place.deploy(project, servers: 1)
            let (began, ended) = try await place.lastRegistration()
            guard let answered = place.machines.lastMade, answered < ended else {
                throw Rig.Failure(description: "The local cloud did not say that it made a machine.")
            }
            let command = try await place.run(["server", "register", project, "--sync", "--json"])
            try await place.run(["destroy", "--project", project, "--auto-approve", "--json"])
            guard run > 0 else { continue }
            chains.add(chain.seconds)
            jobs.add(ended.timeIntervalSince(began))
            waits.add(ended.timeIntervalSince(answered))
            commands.add(command.seconds)
        }
        report.row("a server's registration, SSH answering: to ready", jobs, unit: "s", places: 2, aim: .atMost(1.5))
        report.row("from its first answer, the deploy's rest included", waits, unit: "s", places: 2)
        report.row("one server: slipway server register --sync, again", commands, unit: "s", places: 2)
        report.row("one server: slipway deploy --auto-register, to ready", chains, unit: "s", places: 2, aim: .atMost(15))
        try place.remove()
    }

    // MARK: - Details

    /// A data folder, and what is done with it.
    struct Place: Sendable {
        let rig: Rig
        let machines: LocalMachines
        let data: String

        init(_ rig: Rig, _ name: String, _ machines: LocalMachines) throws {
            self.rig = rig
            self.machines = machines
            data = try rig.folder(name)
        }

        /// Runs a command without a server; a registration that fails makes it fail.
        @discardableResult
        func run(_ words: [String]) async throws -> Duration {
            try await rig.time(rig.slipway, words + ["--data", data], extra: machines.environment)
        }

        func deploy(_ project: String, servers: Int) async throws -> Duration {
            let words = ["--project", project, "--var", "servers=\(servers)", "--auto-approve", "--auto-register", "--json"]
            return try await run(["deploy", RegistrationBench.example] + words)
        }

        func withDatabase<T: Sendable>(_ body: (Database) async throws -> T) async throws -> T {
            let database = try await Database.open(.sqlite(path: "\(data)/slipway.sqlite"))
            do {
                let result = try await body(database)
                await database.close()
                return result
            } catch {
                await database.close()
                throw error
            }
        }

        /// When the last one was begun, and when its end was stored.
        func lastRegistration() async throws -> (began: Date, ended: Date) {
            let times = try await withDatabase { database in
                try await database.read { transaction -> (Date, Date)? in
                    let row = try transaction.first(
                        """
                        SELECT started_at, finished_at FROM jobs WHERE kind = 'register' AND status = 'completed'
                        ORDER BY created_at DESC LIMIT 1
                        """
                    )
                    return try row.map { (try $0.value("started_at"), try $0.value("finished_at")) }
                }
            }
            guard let times else { throw Rig.Failure(description: "No registration has been completed.") }
            return times
        }

        /// What runs leave outside the benchmark's folder.
        func remove() throws {
            try FileSystem.removeTree(WorkspaceRoot.choose(dataFolder: data, environment: rig.environment).path)
        }
    }
}

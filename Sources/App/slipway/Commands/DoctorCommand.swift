import Access
import Domain
import FoundationEssentials
import Host
import Jobs
import Log
import Provisioning
import Schema
import Sealing
import StateVault
import Storage
import Terraform

/// Runs `slipway doctor`: looks at everything that a run needs, one after the other, and says what is missing.
enum DoctorCommand {
    private struct Check: Encodable {
        enum Verdict: String, Encodable { case ok, warning, failed }

        let name: String
        let verdict: Verdict
        let message: String
        /// The numbers in the message, for a program that watches.
        var counts: [String: Int]?
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        var checks: [Check] = []
        func look(_ name: String, _ body: () async throws -> (Check.Verdict, String)) async {
            do {
                let (verdict, message) = try await body()
                checks.append(Check(name: name, verdict: verdict, message: message))
            } catch {
                checks.append(Check(name: name, verdict: .failed, message: ErrorText.sentence(of: error)))
            }
        }
        let place = try Place.choose(context)
        switch place {
        case .here: break
        case .socket(let path):
            if await ServerConnection(socket: path).isAnswered {
                checks.append(Check(name: "server", verdict: .ok, message: "commands go through \(path)"))
            }
        case .server(let url, let token):
            await look("server") {
                struct Caller: Decodable { let actor: String }
                let connection = ServerConnection(url: url, token: token, environment: context.environment)
                let caller: Caller = try await Installation(place, connection).get("me")
                return (.ok, "\(url) knows you as \(caller.actor); its own machine is checked there")
            }
            return try finish(checks, context)
        }
        let configuration = try context.configuration()
        var program: Composition?
        await look("data folder") {
            program = try await Composition.open(configuration)
            return (.ok, configuration.dataFolder)
        }
        if let program {
            await look("keyring") {
                (.ok, "\(HumanText.count(program.keyring.keyNames.count, "key")), active: \(program.keyring.activeKeyName)")
            }
            await look("database") {
                let check = try await program.database.check()
                let name = check.dialect == .sqlite ? "SQLite" : "PostgreSQL"
                let durability = check.dialect == .sqlite ? "journal \(check.durability)" : "synchronous commit \(check.durability)"
                return (.ok, "\(name) \(check.version) at \(check.location), \(durability)")
            }
            await look("terraform") { (.ok, "\(try await program.terraform())") }
            await look("sandbox") {
                let sandbox = try await program.sandbox()
                return (sandbox.isInForce ? .ok : .warning, sandbox.sentence)
            }
            for wall in (try? await program.sandbox())?.walls ?? [] {
                await look(wall.name) { (wall.isUp ? .ok : .warning, wall.sentence) }
            }
            await look("run limits") { try await limits(program) }
            await look("network") { try await network(program) }
            await look("workspaces") {
                let root = try program.workspaces()
                if root.path.hasPrefix("/dev/shm/"), LoginManager.emptiesMemory(ofUser: CurrentUser.id, named: CurrentUser.name) {
                    let remedy = "`loginctl enable-linger` keeps what runs after you have logged out"
                    return (.warning, "\(root.sentence), which the login manager empties when you log out: \(remedy)")
                }
                return (root.isMemoryBacked ? .ok : .warning, root.sentence)
            }
            await look("providers") { verdict(of: try program.providers().inventory) }
            await look("queue") { try await queue(program) }
            await look("locks") { await locks(program) }
            await look("events") { await carrier(program) }
            var counts: [String: Int]?
            await look("backups") {
                let backlog = try await program.database.read { [vault = program.vault] in try vault.backlog(in: $0) }
                counts = ["pending": backlog.pending, "failed": backlog.failed]
                return verdict(of: backlog)
            }
            checks[checks.count - 1].counts = counts
            await look("backup place") { (.ok, try await program.vault.findBackups()) }
            let leftovers = SetAsideState.files(in: program.rescueFolder)
            if !leftovers.isEmpty {
                await look("leftovers") {
                    let what = leftovers.count == 1 ? "a state" : "\(leftovers.count) states"
                    return (
                        .warning,
                        "\(what) of runs that had lost their lock: \(program.rescueFolder); `slipway state import FILE --project NAME --force` takes "
                            + "one, and deleting it ends this warning"
                    )
                }
            }
        }
        return try finish(checks, context)
    }

    private static func finish(_ checks: [Check], _ context: CommandContext) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(checks)
        } else {
            let (paint, symbols) = (context.output.console.paint, context.output.console.symbols)
            for check in checks {
                let mark =
                    switch check.verdict {
                    case .ok: paint.green(symbols.done)
                    case .warning: paint.yellow("!")
                    case .failed: paint.red(symbols.failed)
                    }
                context.output.line("\(mark) \(TextWidth.pad(check.name, to: 12)) \(Harmless.line(check.message))")
            }
        }
        return checks.contains { $0.verdict == .failed } ? .failed : .done
    }

    /// Whether runs may be given everything that is in the store.
    private static func verdict(of inventory: (verified: Int, unverified: [String])) -> (Check.Verdict, String) {
        let text = "\(HumanText.count(inventory.verified, "provider")) in the store"
        guard !inventory.unverified.isEmpty else { return (.ok, "\(text), all verified") }
        let names = inventory.unverified.prefix(3).joined(separator: ", ") + (inventory.unverified.count > 3 ? ", …" : "")
        return (
            .warning,
            "\(text) verified, \(inventory.unverified.count) unverified and not used until their registry or mirror confirms them: \(names)"
        )
    }

    /// What a run may take, how many organizations have something else, and what keeps runs to it.
    private static func limits(_ program: Composition) async throws -> (Check.Verdict, String) {
        let organizations = try await AccessStore(database: program.database).organizations(limit: 10_000)
        let own =
            switch organizations.count(where: { !$0.limits.isEmpty }) {
            case 0: ""
            case 1: "; 1 organization has limits of its own"
            case let count: "; \(count) organizations have limits of their own"
            }
        let groups = await Composition.groups(program.configuration)
        return (.ok, "\(program.configuration.runLimits.sentence)\(own); \(groups.sentence)")
    }

    /// Whether a run can have a filtered network, and who needs one.
    private static func network(_ program: Composition) async throws -> (Check.Verdict, String) {
        let sandbox = try await program.sandbox()
        let organizations = try await AccessStore(database: program.database).organizations(limit: 10_000)
        let configured = program.configuration.network ?? (organizations.count > 1 ? .filtered : .host)
        let wanted = Set(organizations.map { $0.network ?? configured }).union(organizations.isEmpty ? [configured] : [])
        let text = wanted.map(\.rawValue).sorted().joined(separator: ", ")
        do {
            try await sandbox.tryFilteredNetwork()
            return (.ok, "runs have: \(text); a filtered network works here")
        } catch {
            return (wanted == [.host] ? .ok : .warning, "runs have: \(text); a filtered network does not work here: \(error)")
        }
    }

    /// Whether backups keep up.
    private static func verdict(of backlog: BackupBacklog) -> (Check.Verdict, String) {
        guard backlog.pending + backlog.failed > 0 else { return (.ok, "every version has its backup") }
        let since = backlog.oldest.map { ", the oldest since \(HumanText.relative($0, now: Date()))" } ?? ""
        let why = backlog.lastError.map { "; \($0)" } ?? ""
        let text = "\(HumanText.count(backlog.pending + backlog.failed, "version")) without a backup\(since)\(why)"
        return (backlog.failed > 0 ? .warning : .ok, text)
    }

    /// Where locks are kept, and whether Redis answers.
    private static func locks(_ program: Composition) async -> (Check.Verdict, String) {
        guard let redis = program.redis else { return (.ok, "in the database") }
        do {
            try await redis.ping()
            return (.ok, "in the database, Redis in front: \(redis.server)")
        } catch {
            return (.warning, "in the database alone: \(error)")
        }
    }

    /// What tells other processes of news.
    private static func carrier(_ program: Composition) async -> (Check.Verdict, String) {
        guard program.database.dialect == .postgres else { return (.ok, "told to other processes by files beside the database") }
        guard let redis = program.redis else { return (.ok, "told to other processes by PostgreSQL's NOTIFY") }
        do {
            try await redis.ping()
            return (.ok, "told to other processes by Redis: \(redis.server)")
        } catch {
            return (.warning, "told to other processes by PostgreSQL's NOTIFY: \(error)")
        }
    }

    /// Whether someone works on what waits.
    private static func queue(_ program: Composition) async throws -> (Check.Verdict, String) {
        let (waiting, paused) = try await program.database.read { [jobs = program.jobs] transaction in
            let filter = JobFilter(statuses: [.pending, .processing])
            return (try jobs.jobs(filter, page: JobPage(limit: 1000), in: transaction), try jobs.pausedQueues(in: transaction))
        }
        let running = waiting.count { $0.status == .processing }
        let text = "\(running) running, \(waiting.count - running) waiting"
        guard paused.isEmpty else { return (.warning, "\(text); paused: \(paused.map(\.rawValue).joined(separator: ", "))") }
        return (.ok, text)
    }
}

import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Log
import Schema
import Sealing
import StateVault
import Storage
import Synchronization
import Terraform
import TestKit
import Testing

@testable import Provisioning

/// Everything that runs need, on a database and in a folder of one test, with a worker in this process.
struct Workshop: Sendable {
    let folder: String
    let location: DatabaseLocation
    let database: Database
    let keyring: Keyring
    let clock: ShiftedClock
    var services: ProvisioningServices

    static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    // Never cancelled: found once, awaited by every test.
    private static let terraform = Task { try await TerraformProgram.locate(environment: ["PATH": path]) }
    private static let sandbox = Task { try await Sandbox.establish(.preferred, environment: ["PATH": path]) }

    /// Gives `body` a workshop; its folder, workspaces included, is gone afterwards.
    ///
    /// - Parameters:
    ///   - kind: Which database.
    ///   - worker: Whether a worker runs beside the body.
    ///   - change: Other services than the usual.
    ///   - body: What is done in it.
    /// - Throws: What `body` throws.
    static func with(
        _ kind: TestDatabase = .sqlite,
        worker: Bool = true,
        change: @Sendable (inout Settings) -> Void = { _ in },
        _ body: (Workshop) async throws -> Void
    ) async throws {
        var settings = Settings()
        change(&settings)
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }  // what resists lies in the temporary folder
        try await kind.location(migrations: Schema.migrations) { location in
            let database = try await Database.open(location)
            try await Schema.migrator.migrate(database)
            let workshop = try await Workshop(folder: folder.path, location: location, database: database, settings)
            do {
                if worker { try await workshop.withWorker { try await body(workshop) } } else { try await body(workshop) }
                #expect(try workshop.workspaces == [], "workspaces are left")
                await database.close()
            } catch {
                await database.close()
                throw error
            }
        }
    }

    struct Settings: Sendable {
        var grace: Duration = .seconds(20)
        var workspaceFolder: String?
    }

    private init(folder: String, location: DatabaseLocation, database: Database, _ settings: Settings) async throws {
        let (keyring, clock) = (try Keyring.temporary(), ShiftedClock())
        (self.folder, self.location, self.database, self.keyring, self.clock) = (folder, location, database, keyring, clock)
        let workspaces = settings.workspaceFolder.map { "\(folder)/\($0)" } ?? "\(folder)/runs"
        let sandbox = try await Self.sandbox.value
        services = ProvisioningServices(
            database: database,
            keyring: keyring,
            vault: StateVault(database: database, keyring: keyring),
            jobs: JobStore(clock: clock.jobs),
            runner: TerraformRunner(
                program: try await Self.terraform.value,
                sandbox: sandbox,
                providers: try ProviderStore(folder: "\(folder)/providers")
            ),
            workspaces: WorkspaceRoot(path: workspaces, isMemoryBacked: false, owner: sandbox.user),
            logger: .none,
            worker: "test:1",
            rescueFolder: "\(folder)/leftovers",
            grace: settings.grace,
            now: clock.now
        )
    }

    /// Runs a worker beside the body, and shuts it down after it.
    func withWorker(slots: Int = 4, _ body: () async throws -> Void) async throws {
        let worker = try Worker(
            database: database,
            store: services.jobs,
            handlers: ProvisioningHandler.all(services),
            limits: WorkerLimits(computing: slots, waiting: slots),
            times: WorkerTimes(poll: .milliseconds(100)),
            retry: RetryPolicy(base: .milliseconds(200), cap: .milliseconds(400)),
            clock: clock.jobs,
            logger: .none
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await worker.run() }
            do {
                try await body()
                worker.shutDown()
            } catch {
                worker.shutDown()
                throw error
            }
            try await group.waitForAll()
        }
    }

    // MARK: - Asking for runs

    var submission: RunSubmission { RunSubmission(database: database, keyring: keyring, jobs: services.jobs, now: clock.now) }
    var decisions: RunDecisions { RunDecisions(database: database, jobs: services.jobs, now: clock.now) }
    var credentials: CredentialStore { CredentialStore(database: database, keyring: keyring) }
    var outputs: DeploymentOutputs { DeploymentOutputs(database: database, keyring: keyring) }

    /// Queues a run of `main.tf`; nil runs what was deployed last.
    @discardableResult
    func submit(
        _ action: RunAction = .deploy,
        _ main: String? = nil,
        project: String = "shop",
        organization: String = "default",
        planFirst: Bool = false,
        rollback: Bool = false,
        resume: Bool = false,
        inputs: RunInputs = RunInputs(),
        credentials: [String] = [],
        timeout: Duration = .seconds(120)
    ) async throws -> JobID {
        try await submission.submit(
            RunRequest(
                organization: organization,
                project: project,
                options: RunOptions(action: action, planFirst: planFirst, rollbackOnFailure: rollback, resumeAfterCrash: resume),
                source: try main.map { try SourceFiles(files: ["main.tf": Array($0.utf8)]) },
                inputs: inputs,
                credentials: credentials,
                timeout: timeout,
                requestedBy: "anna"
            )
        )
    }

    /// Queues a run and waits for its end.
    @discardableResult
    func run(
        _ action: RunAction = .deploy,
        _ main: String? = nil,
        project: String = "shop",
        planFirst: Bool = false,
        rollback: Bool = false,
        inputs: RunInputs = RunInputs(),
        endsAs status: JobStatus = .completed,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JobID {
        let job = try await submit(action, main, project: project, planFirst: planFirst, rollback: rollback, inputs: inputs)
        try await wait(for: job, toBe: status, sourceLocation: sourceLocation)
        return job
    }

    // MARK: - Looking

    func wait(for job: JobID, toBe status: JobStatus, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("job \(job) to be \(status.rawValue)", sourceLocation: sourceLocation) {
            let record = try await record(job)
            if record.status.isFinal, record.status != status {
                throw TooLate(
                    description: "\(status.rawValue): the job is \(record.status.rawValue), \(record.errorMessage ?? "no error"):"
                )
            }
            return record.status == status
        }
    }

    /// Waits until a line of the log holds the text.
    func wait(for job: JobID, toSay text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("\(job) to say \(text)", sourceLocation: sourceLocation) {
            if try await log(job).contains(text) { return true }
            let record = try await record(job)
            if record.status.isFinal {
                throw TooLate(description: "'\(text)': the job is \(record.status.rawValue), \(record.errorMessage ?? "no error"):")
            }
            return false
        }
    }

    func record(_ job: JobID) async throws -> JobRecord {
        let found = try await database.read { [services] in try services.jobs.job(job, in: $0) }
        return try #require(found)
    }

    func attempts(_ job: JobID) async throws -> [JobAttempt] {
        try await database.read { [services] in try services.jobs.attempts(of: job, in: $0) }
    }

    /// How the job's attempts ended; one that shouldn't have been there says why it was.
    func outcomes(_ job: JobID) async throws -> [String] {
        try await attempts(job).map { attempt in
            let outcome = attempt.outcome?.rawValue ?? "running"
            return attempt.errorMessage.map { "\(outcome): \($0)" } ?? outcome
        }
    }

    func deployment(_ project: String = "shop") async throws -> Deployment {
        try await database.read { try DeploymentStore().require(project: project, organization: "default", in: $0) }
    }

    func storedEvents(_ job: JobID) async throws -> [StoredEvent] {
        try await database.read { try EventStore().events(of: job, limit: 10_000, in: $0) }
    }

    func events(_ job: JobID) async throws -> [JobEvent] { try await storedEvents(job).compactMap(\.event) }

    func log(_ job: JobID) async throws -> String {
        try await database.read { try EventStore().log(of: job, limit: 10_000, in: $0) }.map(\.text).joined()
    }

    func run(of job: JobID) async throws -> RunStore.Run {
        let found = try await database.read { try RunStore().run(job, in: $0) }
        return try #require(found)
    }

    /// The newest state.
    func state(_ project: String = "shop") async throws -> StateDocument? {
        guard let state = try await services.vault.load(try await deployment(project).id) else { return nil }
        return try StateDocument(parsing: state.bytes)
    }

    func addresses(_ project: String = "shop") async throws -> [String] {
        try await state(project)?.resources.map(\.address).sorted() ?? []
    }

    /// How many rows a table has.
    func count(_ table: StaticString) async throws -> Int64 {
        let found: Int64? = try await database.read { try $0.first("SELECT COUNT(*) AS n FROM \(verbatim: table)")?.value("n") }
        return try #require(found)
    }

    /// What the organization uses.
    func usage() async throws -> (resources: Int64, servers: Int64, runs: Int64) {
        let found = try await database.read { transaction in
            try transaction.first("SELECT resources, servers, runs FROM organization_usage ORDER BY organization_id LIMIT 1").map {
                [try $0.value("resources", as: Int64.self), try $0.value("servers"), try $0.value("runs")]
            }
        }
        let row = try #require(found)
        return (row[0], row[1], row[2])
    }

    /// The workspaces that are there.
    var workspaces: [String] {
        get throws {
            let path = services.workspaces.path
            return FileSystem.exists(path) && FileFacts(of: path)?.kind == .folder ? try FileSystem.names(in: path) : []
        }
    }

    /// The files of the test's folders that hold these bytes: database, write-ahead log, providers, workspaces, leftovers.
    func filesHolding(_ text: String) throws -> [String] {
        var open = [folder]
        if case .sqlite(let path) = location, let slash = path.lastIndex(of: "/") { open.append(String(path[..<slash])) }
        var found: [String] = []
        while let path = open.popLast() {
            switch FileFacts(of: path)?.kind {
            // Not Terraform itself, of which the sandbox needs a copy.
            case .folder: open += try FileSystem.names(in: path).filter { $0 != ".programs" }.map { "\(path)/\($0)" }
            case .file where String(decoding: try FileSystem.read(path), as: UTF8.self).contains(text): found.append(path)
            default: break
            }
        }
        return found
    }
}

/// The machine's clock, with the hours that a test adds to it.
final class ShiftedClock: Sendable {
    private let shift = Mutex(0.0)

    func advance(by seconds: Double) { shift.withLock { $0 += seconds } }

    var now: @Sendable () -> Date { { Date().addingTimeInterval(self.shift.withLock { $0 }) } }

    var jobs: JobClock { JobClock(wall: now, elapsed: JobClock.system.elapsed, awake: JobClock.system.awake) }
}

/// Waits until the condition holds.
///
/// - Throws: ``TooLate``.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(15))
    }
    Issue.record("\(what) did not come within \(limit)", sourceLocation: sourceLocation)
    throw TooLate(description: "\(what): not within \(limit)")
}

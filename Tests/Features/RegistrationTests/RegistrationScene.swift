import Audit
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
import TestKit
import Testing

@testable import Provisioning
@testable import Registration

/// A database with deployments whose outputs name machines, and what registers them.
struct RegistrationScene: Sendable {
    let folder: String
    let location: DatabaseLocation
    let database: Database
    let keyring: Keyring
    let services: RegistrationServices
    /// All that was logged.
    let log: LogLines

    final class LogLines: Sendable {
        private let state = Mutex("")
        var logger: Logger {
            Logger(minimum: .debug) { [self] level, message, fields in state.withLock { $0 += "\(level) \(message) \(fields)\n" } }
        }
        var text: String { state.withLock { $0 } }
    }

    static func with(
        _ kind: TestDatabase = .sqlite,
        limits change: (inout RegistrationLimits) -> Void = { _ in },
        _ body: (RegistrationScene) async throws -> Void
    ) async throws {
        var limits = RegistrationLimits()
        limits.sshWait = .seconds(60)
        limits.loginWait = .milliseconds(300)
        limits.firstPause = .milliseconds(50)
        limits.longestPause = .milliseconds(500)
        change(&limits)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let chosen = limits
        try await kind.location(migrations: Schema.migrations) { location in
            let database = try await Database.open(location)
            do {
                // On PostgreSQL the template has them already.
                try await Migrator(Schema.migrations).migrate(database)
                let (keyring, log) = (try Keyring.temporary(), LogLines())
                let services = RegistrationServices(
                    database: database,
                    keyring: keyring,
                    jobs: JobStore(),
                    logger: log.logger,
                    limits: chosen
                )
                try await body(
                    RegistrationScene(
                        folder: folder.path,
                        location: location,
                        database: database,
                        keyring: keyring,
                        services: services,
                        log: log
                    )
                )
                await database.close()
            } catch {
                await database.close()
                throw error
            }
        }
    }

    var registrations: Registrations { Registrations(services) }

    // MARK: - Making

    /// A completed deployment with outputs, each a JSON text; what begins with `!` is sensitive.
    @discardableResult
    func deployment(
        _ project: String = "shop",
        _ outputs: [String: String],
        settings change: (inout RegistrationSettings) -> Void = { _ in }
    ) async throws -> Deployment {
        var settings = RegistrationSettings()
        (settings.minimumDiskGigabytes, settings.minimumMemoryMegabytes, settings.networkTarget) = (0, 0, "none")
        change(&settings)
        let values = Dictionary(
            uniqueKeysWithValues: outputs.map { name, value in
                let isSensitive = name.hasPrefix("!")
                let plain = isSensitive ? String(name.dropFirst()) : name
                return (plain, OutputValue(type: "\"string\"", value: value, sensitive: isSensitive))
            }
        )
        let sealed = try DeploymentOutputs(database: database, keyring: keyring).sealed(values, project: project, organization: "default")
        let wanted = settings
        return try await database.write { transaction in
            let store = DeploymentStore()
            let organization = try store.organization(named: "default", now: .now, in: transaction)
            let id = try store.ensure(project: project, organization: organization, now: .now, in: transaction)
            try store.setOutputs(sealed.data, sealed: sealed.sealed, of: id, in: transaction)
            try store.end(
                id,
                status: .completed,
                stage: .completed,
                progress: 100,
                message: nil,
                error: nil,
                now: .now,
                in: transaction
            )
            try RegistrationSettingsStore().keep(wanted, of: organization, at: .now, in: transaction)
            return try store.require(project: project, organization: "default", in: transaction)
        }
    }

    /// The organization's key, made when it is missing.
    func key(_ name: String = OrganizationKey.standard) async throws -> OrganizationKey {
        let organization = try await database.write {
            try DeploymentStore().organization(named: "default", now: .now, in: $0)
        }
        return try await services.keys.make(name, of: organization, by: Author("anna"))
    }

    /// Outputs that name machines, with ports and users.
    static func outputs(_ machines: [TestMachine], pins: Bool = false) -> [String: String] {
        var outputs = [
            "server_ips": "[\(machines.map { _ in "\"127.0.0.1\"" }.joined(separator: ","))]",
            "ssh_ports": "[\(machines.map { "\($0.server.port)" }.joined(separator: ","))]",
            "instance_ids": "[\(machines.indices.map { "\"i-\($0)\"" }.joined(separator: ","))]",
            "ssh_user": "\"\(machines.first?.server.user ?? "")\"",
        ]
        if pins { outputs["ssh_host_keys"] = "[\(machines.map { "\"\($0.server.hostKey.text)\"" }.joined(separator: ","))]" }
        return outputs
    }

    // MARK: - Running

    func withWorker(_ body: () async throws -> Void) async throws {
        let worker = try Worker(
            database: database,
            store: services.jobs,
            handlers: [RegistrationHandler(services)],
            limits: WorkerLimits(computing: 4, waiting: 8),
            times: WorkerTimes(poll: .milliseconds(100)),
            retry: RetryPolicy(base: .milliseconds(100), cap: .milliseconds(200)),
            logger: log.logger
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

    /// Registers a deployment's servers to the end.
    @discardableResult
    func register(
        _ project: String = "shop",
        key: String? = nil,
        endsAs status: JobStatus = .completed,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JobRecord {
        let job = try await submit(project, key: key)
        var record: JobRecord?
        try await withWorker {
            record = try await end(of: job)
        }
        let found = try #require(record, sourceLocation: sourceLocation)
        #expect(found.status == status, "\(found.errorMessage ?? "no error")", sourceLocation: sourceLocation)
        return found
    }

    func submit(_ project: String = "shop", key: String? = nil) async throws -> JobID {
        try await registrations.register(try await current(project), sshKey: key, by: Author("anna"))
    }

    /// Waits until a job is over.
    func end(of job: JobID) async throws -> JobRecord {
        try await until("job \(job) is over", within: .seconds(120)) {
            let record = try await database.read { try JobStore().job(job, in: $0) }
            return record?.status.isFinal == true
        }
        let record = try await database.read { try JobStore().job(job, in: $0) }
        return try #require(record)
    }

    // MARK: - Looking

    func current(_ project: String = "shop") async throws -> Deployment {
        try await database.read { try DeploymentStore().require(project: project, organization: "default", in: $0) }
    }

    func servers(_ project: String = "shop") async throws -> [Server] {
        let deployment = try await current(project)
        return try await database.read { try ServerStore().servers(of: deployment.id, in: $0) }
    }

    /// What the organization heard of its servers.
    func heard() async throws -> [Broadcast] {
        let organization = try await current().organization
        return try await database.read {
            try BroadcastStore().broadcasts(of: BroadcastChannel.organization(organization, .servers).name, after: 0, in: $0)
        }
    }

    func audited(_ prefix: String) async throws -> [String] {
        try await database.read { try AuditLog().entries(AuditFilter(actionPrefix: prefix), limit: 1000, in: $0) }
            .reversed().map { "\($0.action) \($0.subject)" }
    }

    func events(_ job: JobID) async throws -> [JobEvent] {
        try await database.read { try EventStore().events(of: job, limit: 10_000, in: $0) }.compactMap(\.event)
    }
}

/// Waits until the condition holds.
///
/// - Throws: ``TooLate``.
func until(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(15))
    }
    throw TooLate(description: "\(what): not within \(limit)")
}

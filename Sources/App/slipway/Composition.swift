import API
import Access
import Audit
import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Log
import Provisioning
import Registration
import Schema
import Sealing
import StateVault
import Storage
import Terraform

/// The only wiring: everything that a command works with, opened once.
struct Composition: Sendable {
    let configuration: Configuration
    let logger: Logger
    let database: Database
    let keyring: Keyring
    let jobs = JobStore()
    let vault: StateVault
    let locks: StateLocks
    /// In front of the locks and the doorbells, when one is configured.
    let redis: RedisClient?

    /// Makes the data folder when it is missing, opens the keyring and the database, and brings the tables up to date.
    static func open(_ configuration: Configuration, readers: Int = 2) async throws -> Composition {
        let database = try await openDatabase(configuration, readers: readers)
        let keyring = try await openKeyring(configuration, database)
        let logger = LogOutput.logger(minimum: configuration.logLevel)
        let vault = StateVault(
            database: database,
            keyring: keyring,
            limit: configuration.stateLimit,
            backups: BackupPlace(configuration.backups, environment: configuration.environment),
            retention: configuration.retention,
            logger: logger
        )
        let redis = try redisClient(configuration)
        return Composition(
            configuration: configuration,
            logger: logger,
            database: database,
            keyring: keyring,
            vault: vault,
            locks: StateLocks(vault: vault, front: redis.map { RedisLockFront($0, logger: logger) }),
            redis: redis
        )
    }

    /// Makes the data folder when it is missing, opens the database, and brings the tables up to date.
    static func openDatabase(_ configuration: Configuration, readers: Int = 2) async throws -> Database {
        try makePrivateFolder(configuration.dataFolder)
        var options = DatabaseOptions()
        // A command, or a worker: neither reads much at once, and each connection to SQLite costs 200 KB.
        options.readers = readers
        options.bells = try configuration.redisURL.map { url throws(RedisError) in try RedisLocation.parse(url) }
        let database = try await Database.open(try configuration.database, options: options)
        _ = try await Schema.migrator.migrate(database)
        return database
    }

    /// Terraform or OpenTofu, as configured; its version is asked for once and remembered beside the data.
    func terraform() async throws -> TerraformProgram {
        try await TerraformProgram.locate(
            configured: configuration.terraform,
            environment: configuration.environment,
            memory: "\(configuration.dataFolder)/terraform-version"
        )
    }

    /// What isolates runs here.
    func sandbox() async throws -> Sandbox {
        try await Self.sandbox(configuration)
    }

    /// What isolates runs here, found out without a database.
    static func sandbox(_ configuration: Configuration) async throws -> Sandbox {
        try await Sandbox.establish(configuration.sandboxMode, environment: configuration.environment, runUser: configuration.runUser)
    }

    /// Where runs work.
    func workspaces() throws -> WorkspaceRoot {
        try WorkspaceRoot.choose(
            dataFolder: configuration.dataFolder,
            database: configuration.databasePlace,
            environment: configuration.environment
        )
    }

    func providers() throws -> ProviderStore {
        try ProviderStore(
            folder: "\(configuration.dataFolder)/providers",
            mirror: configuration.providerMirror,
            configurationFile: configuration.environment["TF_CLI_CONFIG_FILE"],
            environment: configuration.environment,
            logger: logger
        )
    }

    /// What keeps runs to their limits here: moves this process into a group of its own.
    static func groups(_ configuration: Configuration) async -> RunGroups.Finding {
        await RunGroups.establish(environment: configuration.environment)
    }

    /// Everything that a worker runs jobs with, locked into the given sandbox and kept to its limits in the given groups.
    func provisioning(worker: String, sandbox: Sandbox, groups: RunGroups?) async throws -> ProvisioningServices {
        ProvisioningServices(
            database: database,
            keyring: keyring,
            vault: vault,
            locks: locks,
            jobs: jobs,
            runner: TerraformRunner(
                program: try await terraform(),
                sandbox: sandbox,
                providers: try providers(),
                watchdog: try RunWatchdog(program: try JobWorker.ownPath(), lease: WorkerTimes().lease),
                groups: groups
            ),
            workspaces: try workspaces().owned(by: sandbox.user),
            logger: logger,
            worker: worker,
            rescueFolder: rescueFolder,
            limits: configuration.runLimits,
            network: configuration.network,
            sequel: Registrations(registration).sequel
        )
    }

    /// What makes servers of machines, and looks after them.
    var registration: RegistrationServices {
        RegistrationServices(database: database, keyring: keyring, jobs: jobs, logger: logger)
    }

    /// Everything that a worker does.
    func handlers(_ services: ProvisioningServices) -> [any JobHandler] {
        ProvisioningHandler.all(services) + [RegistrationHandler(registration)] + vault.handlers + [BroadcastPruneHandler()]
    }

    /// Wraps what is sealed with another key.
    var keyRotation: KeyRotation {
        KeyRotation(database: database, keyring: keyring, columns: SealedColumns.all, archives: [BackupArchive(vault)])
    }

    /// Removes keys that nothing needs.
    var keyRetirement: KeyRetirement {
        KeyRetirement(
            database: database,
            store: configuration.keyringStore,
            columns: SealedColumns.all,
            archives: [BackupArchive(vault)]
        )
    }

    /// What each key opens, in the database and, as far as that knows, in the backups; opens no key.
    static func keyUses(in database: Database) async throws -> KeyUses {
        try await KeyUses.count(SealedColumns.all, countsBackups: true, in: database)
    }

    var adoption: StateAdoption { StateAdoption(database: database, keyring: keyring, vault: vault) }
    /// Where runs leave states that the vault didn't take any more.
    var rescueFolder: String { "\(configuration.dataFolder)/leftovers" }

    /// Makes an organization when it is missing: the first deploy does, where nobody else decides about that.
    func ensureOrganization(_ name: String) async throws {
        let access = AccessStore(database: database)
        guard !name.utf8.contains(0), try await access.organization(named: name) == nil else { return }
        do {
            try await access.createOrganization(named: name, by: author)
        } catch let error as AccessError where error.reason == .conflict {
            // Another process was faster; or it has another name now.
            guard try await access.organization(named: name) != nil else { throw error }
        }
    }

    /// What the API works with.
    func apiServices(
        access: AccessStore,
        validation: SourceValidation? = nil,
        live: LiveServices? = nil,
        metrics: Metrics = Metrics(),
        drain: Drain = Drain()
    ) -> APIServices {
        APIServices(
            database: database,
            keyring: keyring,
            vault: vault,
            locks: locks,
            jobs: jobs,
            access: access,
            logger: logger,
            version: Program.version,
            stateLimit: configuration.stateLimit,
            runLimits: configuration.runLimits,
            dataFolder: configuration.dataFolder,
            validation: validation,
            live: live,
            limits: RateLimits(perCaller: Double(configuration.callerRate), perStranger: Double(configuration.strangerRate)),
            metrics: metrics,
            drain: drain
        )
    }

    /// Who does what this process does; see ``person``.
    var author: Author { Author(person) }

    /// Who does what this process does, for the record: `anna@laptop`.
    var person: String { Self.person(configuration) }

    /// Who does what this process does; see ``person``.
    static func person(_ configuration: Configuration) -> String {
        // Cron, containers and CI set neither variable.
        let user = configuration.environment["USER"] ?? configuration.environment["LOGNAME"] ?? CurrentUser.name ?? "uid \(CurrentUser.id)"
        return "\(user)@\(ProcessInfo.processInfo.hostName)"
    }

    /// A new keyring is made for a new database only: beside sealed rows a missing one is lost, and must be brought back.
    private static func openKeyring(_ configuration: Configuration, _ database: Database) async throws -> Keyring {
        let store = configuration.keyringStore
        let isThere = store.isFixed || FileManager.default.fileExists(atPath: store.place)
        let uses = isThere ? nil : try await keyUses(in: database)
        if let uses, !uses.keys.isEmpty {
            let lost = uses.keys.map { "\"\($0)\", which opens \(uses.text(of: $0))" }.joined(separator: "; ")
            throw CommandError("The keyring \(store.place) is missing: put it back from your copy. It held the key \(lost).")
        }
        return try await Keyring.open(
            folder: configuration.dataFolder,
            environment: configuration.environment,
            createsMissing: true,
            services: configuration.keyServices
        )
    }

    private static func redisClient(_ configuration: Configuration) throws -> RedisClient? {
        guard let url = configuration.redisURL else { return nil }
        return RedisClient(try RedisLocation.parse(url), options: RedisLockFront.options)
    }

    private static func makePrivateFolder(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError("The data folder \(path) can't be made; name another with --data DIR or SLIPWAY_DATA.")
        }
    }
}

package import Access
package import FoundationEssentials
package import Jobs
package import Log
package import Provisioning
import Registration
package import Sealing
package import StateVault
package import Storage
package import Terraform

/// What the API's handlers work with; wired once by the program.
package struct APIServices: Sendable {
    package let database: Database
    package let keyring: Keyring
    package let vault: StateVault
    package let locks: StateLocks
    package let jobs: JobStore
    package let access: AccessStore
    package let logger: Logger
    /// The program's version.
    package let version: String
    /// Larger states are refused, in bytes.
    package let stateLimit: Int
    /// What one run may take of the machine, where its organization has no limit of its own.
    package let runLimits: RunLimits
    /// Lets Terraform check configurations; nil where Terraform can't be run.
    package let validation: SourceValidation?
    /// Nil: no live events.
    package let live: LiveServices?
    package let limits: RateLimits
    package let metrics: Metrics
    package let largeBodies: LargeBodies
    let readiness: Readiness
    /// What `/openapi.json` answers.
    let description: [UInt8]
    let statuses = RunStatusCache()
    package let drain: Drain
    package let now: @Sendable () -> Date

    package init(
        database: Database,
        keyring: Keyring,
        vault: StateVault,
        locks: StateLocks,
        jobs: JobStore,
        access: AccessStore,
        logger: Logger,
        version: String,
        stateLimit: Int = StateVault.standardLimit,
        runLimits: RunLimits = RunLimits(),
        dataFolder: String? = nil,
        validation: SourceValidation? = nil,
        live: LiveServices? = nil,
        limits: RateLimits = RateLimits(),
        metrics: Metrics = Metrics(),
        largeBodies: LargeBodies = LargeBodies(),
        drain: Drain = Drain(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.keyring = keyring
        self.vault = vault
        self.locks = locks
        self.jobs = jobs
        self.access = access
        self.logger = logger
        self.version = version
        self.stateLimit = stateLimit
        self.runLimits = runLimits
        self.validation = validation
        self.live = live
        self.limits = limits
        self.metrics = metrics
        self.largeBodies = largeBodies
        readiness = Readiness(database: database, folder: dataFolder)
        description = OpenAPI.document(of: Routes.all, version: version).bytes
        self.drain = drain
        self.now = now
    }

    var submission: RunSubmission { RunSubmission(database: database, keyring: keyring, jobs: jobs, now: now) }
    var decisions: RunDecisions { RunDecisions(database: database, jobs: jobs, now: now) }
    var outputs: DeploymentOutputs { DeploymentOutputs(database: database, keyring: keyring) }
    var secrets: DeploymentSecrets { DeploymentSecrets(database: database, keyring: keyring) }
    var credentials: CredentialStore { CredentialStore(database: database, keyring: keyring) }
    var adoption: StateAdoption { StateAdoption(database: database, keyring: keyring, vault: vault, now: now) }
    var registrations: Registrations { Registrations(registrationServices) }
    var organizationKeys: OrganizationKeyStore { OrganizationKeyStore(database: database, keyring: keyring, now: now) }
    private var registrationServices: RegistrationServices {
        RegistrationServices(database: database, keyring: keyring, jobs: jobs, logger: logger, now: now)
    }
    var backend: BackendStates { BackendStates(database: database, keyring: keyring, vault: vault, now: now) }
}

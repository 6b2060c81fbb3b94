internal import Events
package import FoundationEssentials
package import Jobs
package import Log
internal import Provisioning
package import Sealing
package import Storage

/// What registration works with; wired once by the program.
package struct RegistrationServices: Sendable {
    package let database: Database
    package let keyring: Keyring
    package let jobs: JobStore
    package let logger: Logger
    package let limits: RegistrationLimits
    package let now: @Sendable () -> Date

    package init(
        database: Database,
        keyring: Keyring,
        jobs: JobStore,
        logger: Logger,
        limits: RegistrationLimits = RegistrationLimits(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.keyring = keyring
        self.jobs = jobs
        self.logger = logger
        self.limits = limits
        self.now = now
    }

    package var keys: OrganizationKeyStore { OrganizationKeyStore(database: database, keyring: keyring, now: now) }
    package var queue: RegistrationQueue { RegistrationQueue(jobs: jobs) }

    let servers = ServerStore()
    let deployments = DeploymentStore()
    let settings = RegistrationSettingsStore()
    let events = EventStore()
    let journal = JobJournal()
}

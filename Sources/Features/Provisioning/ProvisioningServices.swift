package import Domain
internal import Events
package import FoundationEssentials
package import Jobs
package import Log
package import Sealing
package import StateVault
package import Storage
package import Terraform

/// What a run works with; wired once by the program.
package struct ProvisioningServices: Sendable {
    package let database: Database
    package let keyring: Keyring
    package let vault: StateVault
    package let locks: StateLocks
    package let jobs: JobStore
    package private(set) var runner: TerraformRunner
    package let workspaces: WorkspaceRoot
    package let logger: Logger
    /// Who runs it, as jobs show it: `host:pid`.
    package let worker: String
    /// A folder for sealed states that could not be stored any more.
    package let rescueFolder: String
    /// What one run may take of the machine, where its organization has no limit of its own.
    package private(set) var limits: RunLimits
    /// What runs of organizations without a setting of their own reach; nil: filtered where there are several organizations.
    package let network: NetworkMode?
    /// How long Terraform may take to stop when asked.
    package let grace: Duration
    /// How long a plan waits for a decision.
    package let approvalTime: Duration
    /// What other features do with runs.
    package let sequel: RunSequel
    package let now: @Sendable () -> Date

    package init(
        database: Database,
        keyring: Keyring,
        vault: StateVault,
        locks: StateLocks? = nil,
        jobs: JobStore,
        runner: TerraformRunner,
        workspaces: WorkspaceRoot,
        logger: Logger,
        worker: String,
        rescueFolder: String,
        limits: RunLimits = RunLimits(),
        network: NetworkMode? = nil,
        grace: Duration = .seconds(90),
        approvalTime: Duration = .seconds(86_400),
        sequel: RunSequel = .none,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.keyring = keyring
        self.vault = vault
        self.locks = locks ?? StateLocks(vault: vault)
        self.jobs = jobs
        self.runner = runner
        self.workspaces = workspaces
        self.logger = logger
        self.worker = worker
        self.rescueFolder = rescueFolder
        self.limits = limits
        self.network = network
        self.grace = grace
        self.approvalTime = approvalTime
        self.sequel = sequel
        self.now = now
    }

    /// These services, runs in that network and under those limits.
    func joining(_ network: RunNetwork, under limits: RunLimits) -> ProvisioningServices {
        var copy = self
        copy.runner = runner.joining(network)
        copy.limits = limits
        return copy
    }

    /// These services, for Terraform that no job's lease stands behind.
    func withoutLease() -> ProvisioningServices {
        var copy = self
        copy.runner = runner.withoutLease()
        return copy
    }

    let deployments = DeploymentStore()
    let runs = RunStore()
    let usage = UsageStore()
    let events = EventStore()
    let journal = JobJournal()
}

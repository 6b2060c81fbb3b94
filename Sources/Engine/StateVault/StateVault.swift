internal import Audit
package import Domain
package import FoundationEssentials
package import Jobs
package import Log
package import Sealing
package import Storage

/// Keeps every version of every deployment's Terraform state: sealed, numbered, checked, and written only by who has the right to.
///
/// A writer's right is its fencing number: ``claim(_:fence:in:)`` raises the deployment's, and whoever has a smaller one is refused in
/// the same transaction that would have written.
package final class StateVault: Sendable {
    /// Larger states are refused, in bytes.
    package static let standardLimit = 256 << 20

    let database: Database
    let keyring: Keyring
    let limit: Int
    let backups: BackupPlace?
    let jobs: JobStore
    let retention: RetentionPolicy
    let logger: Logger
    let now: @Sendable () -> Date
    let audit = AuditLog()

    /// Makes a vault.
    ///
    /// - Parameters:
    ///   - database: Migrated.
    ///   - keyring: Its active key seals; the others open what they sealed.
    ///   - limit: Larger states are refused, in bytes.
    ///   - backups: Where backups lie; nil: there are none, and no jobs for them.
    ///   - jobs: The queue that the jobs for backups go to.
    ///   - retention: What is kept where an organization says nothing else.
    ///   - logger: Told of damages and what became of them.
    ///   - now: The clock, for the times in rows and for locks that expire.
    package init(
        database: Database,
        keyring: Keyring,
        limit: Int = standardLimit,
        backups: BackupPlace? = nil,
        jobs: JobStore = JobStore(),
        retention: RetentionPolicy = RetentionPolicy(),
        logger: Logger = .none,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.keyring = keyring
        self.limit = limit
        self.backups = backups
        self.jobs = jobs
        self.retention = retention
        self.logger = logger
        self.now = now
    }

    /// What is sealed at a place, so that it can't be passed off as another's.
    static func context(_ deployment: DeploymentID, version: Int) -> String { "state/\(deployment)/\(version)" }

    /// Makes `fence` the smallest number that may still write this deployment's state.
    ///
    /// - Throws: ``VaultError/Reason/staleFence(stored:offered:)`` when a larger one was claimed before,
    ///   ``VaultError/Reason/noDeployment(_:)``, or ``VaultError/Reason/storage(_:)``.
    package func claim(_ deployment: DeploymentID, fence: Fence, in transaction: Transaction) throws {
        let raised = try transaction.execute(
            "UPDATE terraform_deployments SET state_fence = \(fence) WHERE id = \(deployment) AND state_fence <= \(fence)"
        )
        guard raised == 0 else { return }
        let stored = try transaction.first("SELECT state_fence FROM terraform_deployments WHERE id = \(deployment)")
        guard let stored else { throw VaultError(.noDeployment(deployment)) }
        throw VaultError(.staleFence(stored: try stored.value("state_fence"), offered: fence))
    }

    // MARK: - Errors

    /// Runs a transaction and gives any error its meaning to the vault.
    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws(VaultError) -> T {
        do { return try await database.write(body) } catch { throw VaultError.from(error) }
    }

    /// Reads, and gives any error its meaning to the vault.
    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws(VaultError) -> T {
        do { return try await database.read(body) } catch { throw VaultError.from(error) }
    }
}

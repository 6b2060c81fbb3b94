package import Domain
package import FoundationEssentials
package import Sealing
package import StateVault
package import Storage

/// Lets a project follow a state that no run of it has written: imported, rolled back to, or rebuilt from backups.
package struct StateAdoption: Sendable {
    private let database: Database
    private let keyring: Keyring
    private let vault: StateVault
    private let now: @Sendable () -> Date

    package init(database: Database, keyring: Keyring, vault: StateVault, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.keyring = keyring
        self.vault = vault
        self.now = now
    }

    /// Sets the project's outputs and counts to what its newest state says.
    ///
    /// A run that stores another version meanwhile sets them itself.
    ///
    /// - Throws: ``VaultError`` when the state can't be read; then everything stays as it was.
    package func follow(_ deployment: DeploymentID) async throws {
        guard let state = try await vault.load(deployment) else { return }
        let document = try StateDocument(parsing: state.bytes)
        let found = try await database.read { try DeploymentStore().deployment(deployment, in: $0) }
        guard let found else { return }
        let secrets = try await DeploymentSecrets(database: database, keyring: keyring)
            .secrets(of: found, outputs: document.outputs, keepsHidden: true)
        let sealed = try DeploymentOutputs(database: database, keyring: keyring)
            .sealed(secrets.guarded(OutputJSON.outputs(of: document)), project: found.project, organization: found.sealingName)
        let (addresses, now) = (document.managedAddresses, now())
        try await database.write { transaction in
            let store = DeploymentStore()
            guard let current = try store.deployment(deployment, in: transaction), !current.status.isBusy,
                current.stateVersion == state.version.version
            else { return }
            try store.setOutputs(sealed.data, sealed: sealed.sealed, of: deployment, in: transaction)
            try UsageStore().record(addresses: addresses, of: deployment, now: now, in: transaction)
            // One that no run has touched yet, or whose resources a state brings back, stands as it would after a deploy.
            let isNew = current.status == .pending || (current.status == .destroyed && !addresses.isEmpty)
            guard isNew else { return }
            try store.update(
                deployment,
                status: .completed,
                stage: .completed,
                progress: RunProgress.done,
                message: nil,
                now: now,
                in: transaction
            )
        }
    }

    /// Follows the states of all projects that no run has touched: what a rebuild has made.
    ///
    /// - Returns: The projects whose state can't be read, with why.
    package func followRebuilt() async throws -> [(project: String, problem: String)] {
        let all = try await database.read { try DeploymentStore().deployments(organization: nil, limit: .max, in: $0) }
        var problems: [(project: String, problem: String)] = []
        for deployment in all where deployment.lastJob == nil && deployment.stateVersion > 0 {
            do { try await follow(deployment.id) } catch { problems.append((deployment.project, "\(error)")) }
        }
        return problems
    }
}

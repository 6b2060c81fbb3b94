package import Domain
package import FoundationEssentials
package import Sealing
package import StateVault
package import Storage

/// States that a Terraform of somebody's own keeps here: it runs elsewhere, and this is its backend.
package struct BackendStates: Sendable {
    private let database: Database
    private let keyring: Keyring
    private let vault: StateVault
    private let deployments = DeploymentStore()
    private let now: @Sendable () -> Date

    package init(
        database: Database,
        keyring: Keyring,
        vault: StateVault,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.keyring = keyring
        self.vault = vault
        self.now = now
    }

    /// The project's deployment, made when it is missing.
    ///
    /// - Throws: ``ProvisioningError`` when the name is none.
    package func ensure(project: String, organization: OrganizationID) async throws -> Deployment {
        try RunRequest.check(project, what: "project", option: "--project")
        let now = now()
        return try await database.write { [deployments] transaction in
            let id = try deployments.ensure(project: project, organization: organization, now: now, in: transaction)
            guard let deployment = try deployments.deployment(id, in: transaction) else {
                throw ProvisioningError(.notFound, "There is no project '\(project)'.")
            }
            return deployment
        }
    }

    /// Stores a state that was written under a lock, with the outputs and the counts that it says.
    ///
    /// - Parameters:
    ///   - state: Terraform's state JSON, format 4.
    ///   - deployment: Whose.
    ///   - lock: The lock that the writer says it holds; nil: none.
    ///   - author: Who, for history.
    /// - Returns: The version, or nil when the newest one has the same bytes already.
    /// - Throws: ``VaultError``, as ``StateVault/save(_:for:underLock:author:alongside:)``.
    package func save(_ state: [UInt8], for deployment: Deployment, lock: String?, author: String) async throws -> StateVersion? {
        let document = try StateDocument(parsing: state)
        // Which secrets a Terraform elsewhere was given nobody knows here; those of runs and credentials are masked.
        let secrets = try await DeploymentSecrets(database: database, keyring: keyring)
            .secrets(of: deployment, outputs: document.outputs, keepsHidden: false)
        let outputs = try DeploymentOutputs(database: database, keyring: keyring).sealed(
            secrets.guarded(OutputJSON.outputs(of: document)),
            project: deployment.project,
            organization: deployment.sealingName
        )
        let addresses = document.managedAddresses
        let now = now()
        return try await vault.save(state, for: deployment.id, underLock: lock, author: author) { [deployments] transaction in
            try deployments.setOutputs(outputs.data, sealed: outputs.sealed, of: deployment.id, in: transaction)
            try UsageStore().record(addresses: addresses, of: deployment.id, now: now, in: transaction)
            try deployments.end(
                deployment.id,
                status: addresses.isEmpty ? .destroyed : .completed,
                stage: .completed,
                progress: 100,
                message: "Kept for a Terraform that runs elsewhere",
                error: nil,
                now: now,
                in: transaction
            )
        }
    }

    /// Makes the state an empty one: what was known stays in its earlier versions.
    ///
    /// - Throws: ``VaultError``, as ``save(_:for:lock:author:)``.
    package func empty(_ deployment: Deployment, lock: String?, author: String) async throws {
        guard let current = try await vault.load(deployment.id) else { return }
        let facts = current.version
        let quoted = { (text: String) in String(decoding: try JSONEncoder().encode(text), as: UTF8.self) }
        let text = """
            {"version":4,"terraform_version":\(try quoted(facts.terraformVersion)),"serial":\(StateDocument.serial(after: facts.serial)),\
            "lineage":\(try quoted(facts.lineage)),"outputs":{},"resources":[],"check_results":null}
            """
        _ = try await save(Array(text.utf8), for: deployment, lock: lock, author: author)
    }
}

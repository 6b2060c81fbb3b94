internal import Events
internal import FoundationEssentials
package import Log
package import Sealing
package import StateVault
package import Storage
internal import Terraform

/// The secrets of a project, as far as they are known while no run of it is at work: its last variables, and its organization's credentials.
package struct DeploymentSecrets: Sendable {
    private let database: Database
    private let keyring: Keyring

    package init(database: Database, keyring: Keyring) {
        self.database = database
        self.keyring = keyring
    }

    /// Masks a project's secrets in the addresses of its resources.
    ///
    /// - Parameters:
    ///   - deployment: The project's.
    ///   - state: The state whose addresses are shown; its sensitive outputs count, too.
    /// - Returns: Reads nothing later.
    /// - Throws: `StorageError`; `SealingError` when a secret can't be opened.
    package func redactor(of deployment: Deployment, state: StateDocument?) async throws -> Redactor {
        try await gather(deployment, outputs: state?.outputs ?? [], keepsHidden: false).redactor
    }

    /// What the outputs of a state must not show that no run of Slipway has written.
    ///
    /// - Parameters:
    ///   - deployment: The project's.
    ///   - outputs: The state's.
    ///   - keepsHidden: Outputs that are stored as sensitive stay so: nobody can tell any more which secrets a run was given.
    /// - Returns: One that hides every output when a secret can't be opened.
    /// - Throws: `StorageError`.
    func secrets(of deployment: Deployment, outputs: [StateOutput], keepsHidden: Bool) async throws -> RunSecrets {
        do {
            return try await gather(deployment, outputs: outputs, keepsHidden: keepsHidden)
        } catch is SealingError {
            return RunSecrets(inputs: RunInputs(), source: nil, facts: nil, hidden: Set(outputs.map(\.name)))
        }
    }

    // MARK: - Details

    private func gather(_ deployment: Deployment, outputs: [StateOutput], keepsHidden: Bool) async throws -> RunSecrets {
        let stored = try await database.read { transaction in
            let (deployments, runs) = (DeploymentStore(), RunStore())
            return (
                variables: try deployments.sealedVariables(of: deployment.id, in: transaction),
                source: try (runs.newestSource(of: deployment.id, in: transaction) ?? deployment.sourceID).flatMap {
                    try runs.sealedSource($0, in: transaction)
                },
                outputs: try deployments.outputs(of: deployment.id, in: transaction)?.data
            )
        }
        let (organization, project) = (deployment.sealingName, deployment.project)
        let inputs = try stored.variables.map { sealed in
            let context = SealContext.variables(organization: organization, project: project)
            return try RunInputs.decoded(from: Envelope.open(sealed, with: keyring, context: context))
        }
        let source = try stored.source.map { sealed in
            let context = SealContext.source(organization: organization, project: project, sha256: sealed.sha256)
            return try SourceFiles(packed: Envelope.open(sealed.sealed, with: keyring, context: context))
        }
        let credentials = try await CredentialStore(database: database, keyring: keyring).environments(of: deployment.organization)
        return RunSecrets(
            inputs: inputs ?? RunInputs(),
            source: source,
            // A configuration that Terraform would refuse has been refused before.
            facts: source.flatMap { try? SourceFacts(of: $0) },
            outputs: outputs,
            credentials: credentials.flatMap { RunInputs(environment: $0).secrets(sensitiveVariables: []) },
            hidden: keepsHidden ? try Self.hidden(in: stored.outputs) : []
        )
    }

    private static func hidden(in outputs: String?) throws -> Set<String> {
        Set(try DeploymentOutputs.shown(outputs).filter(\.value.sensitive).keys)
    }
}

internal import Audit
package import Domain
internal import FoundationEssentials
internal import Storage

extension StateVault {
    /// Keeps a version from being pruned, until it is unpinned; one that is being pruned is kept, too.
    ///
    /// - Throws: ``VaultError/Reason/noVersion(_:version:)``.
    package func pin(_ deployment: DeploymentID, version: Int, by author: String) async throws(VaultError) {
        try await set(isPinned: true, deployment, version, by: author)
    }

    /// Lets a version be pruned again.
    ///
    /// - Throws: ``VaultError/Reason/noVersion(_:version:)``.
    package func unpin(_ deployment: DeploymentID, version: Int, by author: String) async throws(VaultError) {
        try await set(isPinned: false, deployment, version, by: author)
    }

    private func set(isPinned: Bool, _ deployment: DeploymentID, _ version: Int, by author: String) async throws(VaultError) {
        let now = now()
        try await write { [self] transaction in
            guard let facts = try self.version(version, of: deployment, in: transaction) else {
                throw VaultError(.noVersion(deployment, version: version))
            }
            guard facts.isPinned != isPinned || facts.prunedAt != nil else { return }
            try transaction.execute(
                """
                UPDATE terraform_state_versions
                SET pinned = \(isPinned), updated_at = \(now), pruned_at = \(isPinned ? nil : facts.prunedAt)
                WHERE terraform_deployment_id = \(deployment) AND version = \(version)
                """
            )
            // The backup says it, too.
            try requestBackup(of: version, of: deployment, at: now, in: transaction)
            try audit.append(
                isPinned ? "state.pinned" : "state.unpinned",
                of: "deployment:\(deployment)/\(version)",
                by: author,
                organization: facts.organization,
                at: now,
                in: transaction
            )
        }
    }
}

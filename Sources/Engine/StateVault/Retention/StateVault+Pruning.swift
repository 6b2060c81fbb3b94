internal import Audit
package import Domain
internal import FoundationEssentials
internal import Remote
package import Storage

extension StateVault {
    /// Removes what retention doesn't keep: row and backup together.
    ///
    /// Kept are the current version, the pinned ones, the newest ones and the young ones, as the organization's policy says. First the row is
    /// marked, then the backup deleted, then the row: killed at any point, the next call goes on, and no backup stays without a row.
    ///
    /// - Parameters:
    ///   - scope: Which.
    ///   - isDryRun: Only lists.
    ///   - author: Who, for the audit.
    ///   - adjust: Makes another policy of the organization's own.
    /// - Returns: What is gone, or would be.
    /// - Throws: ``VaultError/Reason/storage(_:)``; a store that is away is in the report.
    package func prune(
        _ scope: VaultScope = .all,
        isDryRun: Bool = false,
        author: String,
        adjust: @escaping @Sendable (RetentionPolicy) -> RetentionPolicy = { $0 }
    ) async throws(VaultError) -> PruneReport {
        var report = PruneReport()
        for (deployment, project) in try await deployments(in: scope) {
            let now = now()
            let marked = try await write { [self] transaction in
                let superfluous = try superfluous(deployment, adjust, at: now, in: transaction)
                for facts in isDryRun ? [] : superfluous where facts.prunedAt == nil {
                    try transaction.execute(
                        """
                        UPDATE terraform_state_versions SET pruned_at = \(now)
                        WHERE terraform_deployment_id = \(deployment) AND version = \(facts.version)
                        """
                    )
                }
                return superfluous
            }
            for facts in marked {
                let item = PruneReport.Item(
                    deployment: deployment,
                    project: project,
                    version: facts.version,
                    sealedByteCount: facts.sealedByteCount
                )
                if isDryRun {
                    report.removed.append(item)
                    continue
                }
                // An expired task is not the place for a half: what is marked goes on with the next call.
                if Task.isCancelled { return report }
                do throws(VaultError) {
                    if try await remove(facts, by: author) { report.removed.append(item) }
                } catch {
                    guard case .backups = error.reason else { throw error }
                    report.delayed.append(item)
                    report.problem = error.description
                }
            }
        }
        return report
    }

    /// What an organization keeps.
    package func retention(of organization: OrganizationID, in transaction: Transaction) throws -> RetentionPolicy {
        try ownRetention(of: organization, in: transaction) ?? retention
    }

    /// What an organization has set for itself; nil: what is configured for all.
    package func ownRetention(of organization: OrganizationID, in transaction: Transaction) throws -> RetentionPolicy? {
        let row = try transaction.first("SELECT versions, days FROM state_retention WHERE organization_id = \(organization)")
        return try row.map { RetentionPolicy(versions: try $0.value("versions"), days: try $0.value("days")) }
    }

    /// Sets what an organization keeps; nil: what is configured for all.
    package func setRetention(
        _ policy: RetentionPolicy?,
        of organization: OrganizationID,
        by author: String,
        in transaction: Transaction
    ) throws {
        let now = now()
        try transaction.execute("DELETE FROM state_retention WHERE organization_id = \(organization)")
        if let policy {
            try transaction.execute(
                """
                INSERT INTO state_retention (organization_id, versions, days, updated_at)
                VALUES (\(organization), \(policy.versions), \(policy.days), \(now))
                """
            )
        }
        try audit.append(
            "retention.changed",
            of: "organization:\(organization)",
            by: author,
            organization: organization,
            details: policy.map { ["versions": "\($0.versions)", "days": "\($0.days)"] } ?? [:],
            at: now,
            in: transaction
        )
    }

    // MARK: - Details

    /// Versions that nothing keeps, oldest first, those that are marked already among them.
    private func superfluous(
        _ deployment: DeploymentID,
        _ adjust: (RetentionPolicy) -> RetentionPolicy,
        at now: Date,
        in transaction: Transaction
    ) throws -> [StateVersion] {
        // Held: the current version must not change before the marks are written.
        let facts = try StoredFacts.read(deployment, locks: true, in: transaction)
        let policy = adjust(try retention(of: facts.organization, in: transaction))
        let oldest = now.addingTimeInterval(-86400 * Double(policy.days))
        let limit = try transaction.first(
            """
            SELECT version
            FROM terraform_state_versions
            WHERE terraform_deployment_id = \(deployment)
            ORDER BY version DESC
            LIMIT 1 OFFSET \(policy.versions - 1)
            """
        )?.value("version", as: Int.self)
        return try transaction.rows(
            """
            SELECT \(sql: StateVersion.columns)
            FROM terraform_state_versions
            WHERE terraform_deployment_id = \(deployment) AND version < \(facts.version) AND pinned = 0
                AND (pruned_at IS NOT NULL OR (version < \(limit ?? 0) AND created_at < \(oldest)))
            ORDER BY version
            """
        ).map { try StateVersion($0) }
    }

    /// Removes a marked version; false when it was pinned meanwhile.
    private func remove(_ facts: StateVersion, by author: String) async throws(VaultError) -> Bool {
        let (deployment, version) = (facts.deployment, facts.version)
        if backups != nil {
            let store = try await backupStore()
            do throws(RemoteError) {
                try await store.delete(
                    try SealedBackup.key(organization: facts.organization, deployment: deployment, version: version)
                )
            } catch {
                throw VaultError.from(error)
            }
        }
        let now = now()
        return try await write { [self] transaction in
            let removed = try transaction.execute(
                """
                DELETE FROM terraform_state_versions
                WHERE terraform_deployment_id = \(deployment) AND version = \(version) AND pruned_at IS NOT NULL AND pinned = 0
                """
            )
            guard removed == 1 else {
                // Pinned after it was marked: the backup that was deleted comes back.
                if try self.version(version, of: deployment, in: transaction) != nil {
                    try requestBackup(of: version, of: deployment, at: now, in: transaction)
                }
                return false
            }
            try transaction.execute(
                "DELETE FROM state_checksums WHERE terraform_deployment_id = \(deployment) AND version = \(version)"
            )
            try audit.append(
                "state.pruned",
                of: "deployment:\(deployment)/\(version)",
                by: author,
                organization: facts.organization,
                details: ["checksum": facts.checksum],
                at: now,
                in: transaction
            )
            return true
        }
    }
}

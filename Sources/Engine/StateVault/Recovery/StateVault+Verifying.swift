internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage

extension StateVault {
    /// Walks through versions and their backups: each row is opened, each backup read back and opened.
    ///
    /// A damaged row is restored from its backup, a missing or damaged backup written anew from the good row. One version is in memory at a
    /// time. When the store goes away, the rest of the walk checks rows only, and the report says so.
    ///
    /// - Parameters:
    ///   - scope: Which.
    ///   - progress: Told after each version how many are done.
    /// - Returns: What was found.
    /// - Throws: ``VaultError/Reason/storage(_:)``; a version that is lost is a finding, not an error.
    package func verify(
        _ scope: VaultScope = .all,
        progress: @Sendable (Int) async -> Void = { _ in }
    ) async throws(VaultError) -> VerifyReport {
        var report = VerifyReport()
        for (deployment, project) in try await deployments(in: scope) {
            var version = 0
            while let next = try await nextVersion(of: deployment, after: version) {
                version = next
                try await verify(deployment, project, version, into: &report)
                report.versionsChecked += 1
                await progress(report.versionsChecked)
                // A long walk that nobody waits for any more ends here.
                if Task.isCancelled { return report }
            }
        }
        return report
    }

    // MARK: - Details

    private func verify(
        _ deployment: DeploymentID,
        _ project: String,
        _ version: Int,
        into report: inout VerifyReport
    ) async throws(VaultError) {
        func finding(_ problem: String, _ outcome: VerifyReport.Finding.Outcome) -> VerifyReport.Finding {
            .init(deployment: deployment, project: project, version: version, problem: problem, outcome: outcome)
        }
        let found = try await read { try StoredVersion.read(deployment, version: version, in: $0) }
        guard let found, found.facts?.prunedAt == nil else { return }
        var facts = found.facts
        do throws(VaultError) {
            _ = try found.open(with: keyring)
        } catch {
            guard error.isDamage else { throw error }
            do throws(VaultError) {
                facts = try await recover(found, from: error).version
                report.findings.append(finding("\(error)", .restored))
            } catch let lost {
                switch lost.reason {
                case .unrecoverable(let version):
                    report.findings.append(finding("\(error)", .lost("\(version)")))
                    if !version.isBackupAway { try await markLost(version) }
                case .unknownKey(let name, _, _): report.findings.append(finding("\(error)", .unknownKey(name)))
                default: throw lost
                }
                return
            }
        }
        guard let facts, backups != nil, report.backupsAway == nil else { return }
        // A run at work writes its next state in a moment, and the backup comes with its last one.
        let isAtWork = !facts.isFinal && now().timeIntervalSince(facts.updatedAt) < 3600
        guard !isAtWork else { return }
        if let problem = try await verifyBackup(of: facts, into: &report) {
            report.findings.append(finding(problem, .backupRewritten))
        }
    }

    /// What was wrong with a backup that had been written, and is right again.
    private func verifyBackup(of facts: StateVersion, into report: inout VerifyReport) async throws(VaultError) -> String? {
        let (deployment, version) = (facts.deployment, facts.version)
        var problem: String?
        do {
            let backup = try await readBackup(of: version, of: deployment)
            let isTheSame = backup.metadata.checksum == facts.checksum && backup.metadata.updatedAt == facts.updatedAt.microseconds
            if !isTheSame { problem = BackupProblem.otherContent.description }
        } catch let error as BackupProblem {
            problem = error.description
        } catch {
            report.backupsAway = "\(error)"
            return nil
        }
        report.backupsChecked += 1
        if problem == nil, facts.backupStatus == .stored {
            try await markVerified(facts)
            return nil
        }
        do throws(VaultError) {
            guard case .stored = try await backUp(deployment, version: version) else { return nil }
            // One that was only waiting for its job is no finding.
            return facts.backupStatus == .stored ? problem : nil
        } catch {
            switch error.reason {
            case .backups, .noBackups, .backupDiffers:
                report.backupsAway = "\(error)"
                return nil
            default: throw error
            }
        }
    }

    /// Lets the backlog, and with it `doctor`, tell of a version that neither row nor backup holds.
    private func markLost(_ lost: LostVersion) async throws(VaultError) {
        let message = "version \(lost.version) of project \(lost.project) is lost (\(lost.damage); \(lost.backup))"
        try await write { [self] transaction in
            try markFailed(lost.deployment, version: lost.version, message, isFinal: true, in: transaction)
        }
    }

    private func markVerified(_ facts: StateVersion) async throws(VaultError) {
        let now = now()
        try await write { transaction in
            _ = try transaction.execute(
                """
                UPDATE terraform_state_versions SET backup_verified_at = \(now)
                WHERE terraform_deployment_id = \(facts.deployment) AND version = \(facts.version) AND updated_at = \(facts.updatedAt)
                """
            )
        }
    }

    func deployments(in scope: VaultScope) async throws(VaultError) -> [(DeploymentID, String)] {
        try await read { transaction in
            let condition: SQL =
                switch scope {
                case .all: "1 = 1"
                case .organization(let id): "organization_id = \(id)"
                case .deployment(let id): "id = \(id)"
                }
            return try transaction.rows("SELECT id, project FROM terraform_deployments WHERE \(sql: condition) ORDER BY id").map {
                (try $0.value("id"), try $0.value("project"))
            }
        }
    }

    /// The next version that there is or should be: the two records of it are asked both.
    private func nextVersion(of deployment: DeploymentID, after version: Int) async throws(VaultError) -> Int? {
        try await read { transaction in
            let row = try transaction.first(
                """
                SELECT MIN(version) AS version FROM (
                    SELECT version FROM terraform_state_versions WHERE terraform_deployment_id = \(deployment) AND version > \(version)
                    UNION ALL
                    SELECT version FROM state_checksums WHERE terraform_deployment_id = \(deployment) AND version > \(version)
                    UNION ALL
                    SELECT state_version FROM terraform_deployments WHERE id = \(deployment) AND state_version > \(version)
                ) AS versions
                """
            )
            return try row?.value("version") ?? nil
        }
    }
}

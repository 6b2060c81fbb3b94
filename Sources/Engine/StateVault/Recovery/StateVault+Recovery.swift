internal import Audit
internal import Domain
internal import FoundationEssentials
internal import Log
internal import Remote
internal import Sealing
internal import Storage

extension StateVault {
    /// Restores a damaged or lost version from its own backup.
    ///
    /// Only the same content comes back: what the second record of the checksum says, or, should that be damaged itself, what the row's
    /// sealed bytes and the backup agree about.
    ///
    /// - Returns: The version's bytes, which its row holds again.
    /// - Throws: ``VaultError/Reason/unrecoverable(_:)``; `damage` itself when the backup was sealed with the same missing key.
    func recover(_ found: StoredVersion, from damage: VaultError) async throws(VaultError) -> LoadedState {
        let why: String
        var isBackupAway = false
        do {
            let backup = try await readBackup(of: found.version, of: found.deployment)
            let good = backup.metadata.checksum
            let isTheOne = good == (found.checksum ?? found.facts?.checksum) || good == found.sealedChecksum(with: keyring)
            guard isTheOne else { throw BackupProblem.otherContent }
            let isRestored = try await write { [self] transaction in
                try restore(backup, found, because: damage, in: transaction)
            }
            // Somebody stored another content in the meantime: that one is read.
            guard isRestored else { return try await export(found.deployment, version: found.version) }
            logger.warning(
                "a damaged state version was restored from its backup",
                ["deployment.id": .init(found.deployment), "state.version": .init(found.version), "error": .init("\(damage)")]
            )
            let facts = try await read { [self] in try version(found.version, of: found.deployment, in: $0) }
            guard let facts else { throw VaultError(.missing(found.deployment, version: found.version)) }
            return LoadedState(version: facts, bytes: backup.plain)
        } catch let problem as BackupProblem {
            if case .unknownKey = damage.reason, case .unreadable(.unknownKey) = problem { throw damage }
            why = problem.description
        } catch let error as VaultError where error.isTransient || error.reason == .noBackups {
            why = error.description
            isBackupAway = error.reason != .noBackups
        } catch let error as VaultError {
            guard case .backups = error.reason else { throw error }
            why = error.description
            isBackupAway = true
        } catch {
            throw VaultError.from(error)
        }
        let lost = try await lostVersion(found, damage: damage, backup: why, isBackupAway: isBackupAway)
        logger.error(
            isBackupAway ? "a damaged state version waits for the store of the backups" : "a state version is lost",
            // The whole story is the error's; here it would only be said twice.
            ["deployment.id": .init(found.deployment), "state.version": .init(found.version), "error": .init(lost.damage)]
        )
        throw VaultError(.unrecoverable(lost), cause: damage)
    }

    // MARK: - Details

    /// Writes the row anew, in one transaction with the audit; false when the content was replaced since it was read.
    private func restore(
        _ backup: OpenBackup,
        _ found: StoredVersion,
        because damage: VaultError,
        in transaction: Transaction
    ) throws -> Bool {
        let now = now()
        let metadata = backup.metadata
        // Held until the end, so that no writer comes between.
        let organization = try StoredFacts.read(found.deployment, locks: true, in: transaction).organization
        guard let current = try StoredVersion.read(found.deployment, version: found.version, in: transaction) else { return false }
        guard current.checksum == found.checksum, current.sealed == found.sealed else { return false }
        try transaction.execute(
            "DELETE FROM terraform_state_versions WHERE terraform_deployment_id = \(found.deployment) AND version = \(found.version)"
        )
        try insert(
            metadata,
            state: backup.object.state,
            for: found.deployment,
            of: organization,
            pinned: metadata.isPinned || (found.facts?.isPinned ?? false),
            backup: .init(path: backup.path, keyName: backup.keyName, verifiedAt: now),
            in: transaction
        )
        try audit.append(
            "state.restored",
            of: "deployment:\(found.deployment)/\(found.version)",
            by: "vault",
            organization: organization,
            details: ["damage": damage.description, "backup": backup.path],
            at: now,
            in: transaction
        )
        return true
    }

    /// The newest good version, and what falling back to it loses.
    private func lostVersion(
        _ found: StoredVersion,
        damage: VaultError,
        backup: String,
        isBackupAway: Bool
    ) async throws(VaultError) -> LostVersion {
        let project = try await read { transaction in
            try transaction.first("SELECT project FROM terraform_deployments WHERE id = \(found.deployment)")?
                .value("project", as: String.self)
        }
        var fallback: StateVersion?
        var after: [StateVersion] = []
        var before: Int?
        search: while true {
            let page = try await versions(of: found.deployment, before: before)
            for facts in page {
                before = facts.version
                if facts.version == found.version {
                    after.append(facts)
                } else if try await isGood(facts) {
                    fallback = facts
                    break search
                } else {
                    after.append(facts)
                }
            }
            if page.isEmpty { break }
        }
        return LostVersion(
            deployment: found.deployment,
            project: project ?? "",
            version: found.version,
            damage: damage.damageText,
            backup: backup,
            isBackupAway: isBackupAway,
            resourceCount: found.facts?.resourceCount,
            fallback: fallback.map {
                .init(version: $0.version, serial: $0.serial, resourceCount: $0.resourceCount, createdAt: $0.createdAt)
            },
            lostChanges: after.reversed().map { "\($0.version): \($0.changeSummary ?? "changes unknown")" }
        )
    }

    private func isGood(_ facts: StateVersion) async throws(VaultError) -> Bool {
        let found = try await read { try StoredVersion.read(facts.deployment, version: facts.version, in: $0) }
        // Which damage it is says its own loading.
        if (try? found?.open(with: keyring)) != nil { return true }
        guard let backup = try? await readBackup(of: facts.version, of: facts.deployment) else { return false }
        return backup.metadata.checksum == found?.checksum
    }
}

extension VaultError {
    /// In a few words, for a sentence about the version.
    fileprivate var damageText: String {
        switch reason {
        case .missing: "its row is missing"
        case .unknownKey(let name, _, _): "the key \"\(name)\" is not in the keyring"
        case .damaged(_, _, .wrongContext?): "its row holds another version's bytes"
        case .damaged(_, _, .truncated?): "its row is cut off"
        default: "its row is damaged"
        }
    }
}

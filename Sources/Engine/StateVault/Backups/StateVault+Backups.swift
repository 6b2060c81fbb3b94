package import Domain
internal import FoundationEssentials
internal import Jobs
internal import Log
internal import Remote
internal import Sealing
package import Storage

extension StateVault {
    /// Puts a version's sealed bytes and metadata into object storage, reads them back, compares, and marks the row.
    ///
    /// May be called again at any time: it writes the same object. A version that changes meanwhile is written again.
    ///
    /// - Throws: ``VaultError/Reason/backups(_:)`` when the store is away, ``VaultError/Reason/noBackups``,
    ///   ``VaultError/Reason/backupDiffers(_:version:)``, and what ``load(_:version:)`` throws for a damaged row.
    @discardableResult
    package func backUp(_ deployment: DeploymentID, version: Int) async throws(VaultError) -> BackupOutcome {
        let store = try await backupStore()
        for _ in 0..<10 {
            let found = try await read { [self] in try backupSource(deployment, version: version, in: $0) }
            guard let (source, names) = found else { return .gone }
            do throws(VaultError) {
                _ = try source.open(with: keyring)
            } catch {
                guard error.isDamage else { throw error }
                // Nothing damaged becomes a backup; the row may come back from the one that is there.
                _ = try await recover(source, from: error)
                continue
            }
            guard let facts = source.facts, facts.prunedAt == nil else { return .gone }
            let metadata = BackupMetadata(facts, organization: names.organization, project: names.project)
            do {
                let backup = try SealedBackup.seal(source.sealed, metadata, with: keyring)
                let keyName = try EnvelopeHeader(of: backup.state).keyName
                let object = backup.bytes
                let key = try SealedBackup.key(organization: facts.organization, deployment: deployment, version: version)
                try await keepOther(at: key, from: metadata, in: store)
                try await store.put(object, at: key)
                guard try await store.get(key, limit: object.count) == object else {
                    throw VaultError(.backupDiffers(deployment, version: version))
                }
                if try await markStored(facts, keyName: keyName, at: key) { return .stored(path: key.text, byteCount: object.count) }
                // Replaced meanwhile: once more. Pruned meanwhile: the object must not stay behind.
                let current = try await read { [self] in try self.version(version, of: deployment, in: $0) }
                if current == nil || current?.prunedAt != nil {
                    try await store.delete(key)
                    return .gone
                }
            } catch {
                throw VaultError.from(error)
            }
        }
        return .gone
    }

    /// The versions that still wait for their backup, oldest first.
    package func waitingForBackup(in scope: VaultScope) async throws(VaultError) -> [(DeploymentID, Int)] {
        let condition: SQL =
            switch scope {
            case .all: "1 = 1"
            case .organization(let id): "organization_id = \(id)"
            case .deployment(let id): "terraform_deployment_id = \(id)"
            }
        return try await read { transaction in
            try transaction.rows(
                """
                SELECT terraform_deployment_id, version FROM terraform_state_versions
                WHERE backup_status <> 'stored' AND pruned_at IS NULL AND is_final = 1 AND \(sql: condition)
                ORDER BY updated_at, id
                """
            ).map { (try $0.value("terraform_deployment_id"), try $0.value("version")) }
        }
    }

    /// Asks for a version's backup in the caller's transaction: marks the row, and queues the job.
    ///
    /// For whoever changes a version's row: a save, a pin, a key's rotation.
    package func requestBackup(of version: Int, of deployment: DeploymentID, in transaction: Transaction) throws {
        try requestBackup(of: version, of: deployment, at: now(), in: transaction)
    }

    /// How much waits for its backup, of one organization or of all.
    ///
    /// A run's unfinished version waits for its end and is not counted.
    package func backlog(of organization: OrganizationID? = nil, in transaction: Transaction) throws -> BackupBacklog {
        var condition: SQL = "backup_status <> 'stored' AND pruned_at IS NULL AND is_final = 1"
        if let organization { condition = "\(sql: condition) AND organization_id = \(organization)" }
        let row = try transaction.first(
            """
            SELECT
                COALESCE(SUM(CASE WHEN backup_status = 'pending' THEN 1 ELSE 0 END), 0) AS pending,
                COALESCE(SUM(CASE WHEN backup_status = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
                MIN(updated_at) AS oldest
            FROM terraform_state_versions
            WHERE \(sql: condition)
            """
        )
        let error = try transaction.first(
            """
            SELECT backup_error
            FROM terraform_state_versions
            WHERE \(sql: condition) AND backup_error IS NOT NULL
            ORDER BY updated_at DESC
            LIMIT 1
            """
        )
        return BackupBacklog(
            pending: try row?.value("pending") ?? 0,
            failed: try row?.value("failed") ?? 0,
            oldest: try row?.value("oldest") ?? nil,
            lastError: try error?.value("backup_error")
        )
    }

    /// Finds out whether the place of the backups answers.
    ///
    /// - Returns: What it is, without secrets.
    /// - Throws: ``VaultError/Reason/backups(_:)``, ``VaultError/Reason/noBackups``.
    package func findBackups() async throws(VaultError) -> String {
        let store = try await backupStore()
        do throws(RemoteError) {
            _ = try await store.list(prefix: SealedBackup.folder, from: nil, limit: 1)
        } catch {
            throw VaultError.from(error)
        }
        return store.place
    }

    // MARK: - Details

    func backupStore() async throws(VaultError) -> any ObjectStore {
        guard let backups else { throw VaultError(.noBackups) }
        do throws(RemoteError) { return try await backups.store() } catch { throw VaultError.from(error) }
    }

    func requestBackup(of version: Int, of deployment: DeploymentID, at now: Date, in transaction: Transaction) throws {
        guard backups != nil else { return }
        try transaction.execute(
            """
            UPDATE terraform_state_versions SET backup_status = 'pending'
            WHERE terraform_deployment_id = \(deployment) AND version = \(version)
            """
        )
        try jobs.enqueue(BackupHandler.job(for: deployment, version: version, at: now), in: transaction)
    }

    /// Reads a version's backup, and verifies it as a whole.
    ///
    /// - Throws: ``BackupProblem``, ``VaultError``.
    func readBackup(of version: Int, of deployment: DeploymentID) async throws -> OpenBackup {
        let store = try await backupStore()
        let organization = try await read { transaction in
            try transaction.first("SELECT organization_id FROM terraform_deployments WHERE id = \(deployment)")?
                .value("organization_id", as: OrganizationID.self)
        }
        guard let organization else { throw VaultError(.noDeployment(deployment)) }
        let key = try SealedBackup.key(organization: organization, deployment: deployment, version: version)
        let bytes: [UInt8]?
        do throws(RemoteError) {
            bytes = try await store.get(key, limit: 2 * limit + 1 << 20)
        } catch {
            // Its own checksum says that it is damaged: as good as unreadable.
            if case .corrupted = error.reason { throw BackupProblem.unreadable(.damaged) }
            throw VaultError.from(error)
        }
        guard let bytes else { throw BackupProblem.missing }
        do throws(SealingError) {
            let object = try SealedBackup(bytes)
            let metadata = try object.openMetadata(of: deployment, version: version, with: keyring)
            return OpenBackup(
                path: key.text,
                object: object,
                metadata: metadata,
                plain: try object.openState(metadata, with: keyring),
                keyName: try EnvelopeHeader(of: object.metadata).keyName
            )
        } catch {
            throw BackupProblem.unreadable(error.reason)
        }
    }

    private func backupSource(
        _ deployment: DeploymentID,
        version: Int,
        in transaction: Transaction
    ) throws -> (StoredVersion, (organization: String, project: String))? {
        let row = try transaction.first(
            """
            SELECT organizations.name AS organization, project
            FROM terraform_deployments JOIN organizations ON organizations.id = organization_id
            WHERE terraform_deployments.id = \(deployment)
            """
        )
        guard let row, let source = try StoredVersion.read(deployment, version: version, in: transaction) else { return nil }
        return (source, (try row.value("organization"), try row.value("project")))
    }

    /// Puts an object of another history aside, which lies there when a database was lost and begun anew: it may be all that is left.
    private func keepOther(at key: ObjectKey, from metadata: BackupMetadata, in store: any ObjectStore) async throws {
        let bytes: [UInt8]?
        do throws(RemoteError) {
            bytes = try await store.get(key, limit: 2 * limit + 1 << 20)
        } catch {
            // Damaged, or nothing of ours: nothing to keep. A store that doesn't answer is no leave to write over what it has.
            switch error.reason {
            case .corrupted, .tooLarge: return
            default: throw error
            }
        }
        guard let bytes, let object = try? SealedBackup(bytes) else { return }  // damaged or none: nothing to keep
        let deployment = DeploymentID(rawValue: metadata.deploymentID)
        do throws(SealingError) {
            let other = try object.openMetadata(of: deployment, version: metadata.version, with: keyring)
            if other.mayBeReplaced(by: metadata) { return }
        } catch {
            // One of a lost key is kept, too; a damaged one is of no use.
            guard case .unknownKey = error.reason else { return }
        }
        let aside = SealedBackup.displacedFolder + "\(SHA256.hex(bytes).prefix(16))/" + key.text
        try await store.put(bytes, at: try ObjectKey(aside))
        logger.warning("a backup of another history was put aside", ["backup.path": .init(aside)])
    }

    /// False when the row is not (any more) what was written.
    private func markStored(_ facts: StateVersion, keyName: String, at key: ObjectKey) async throws(VaultError) -> Bool {
        let now = now()
        return try await write { transaction in
            try transaction.execute(
                """
                UPDATE terraform_state_versions
                SET backup_status = 'stored', backup_path = \(key.text), backup_key_name = \(keyName),
                    backup_verified_at = \(now), backup_error = NULL
                WHERE terraform_deployment_id = \(facts.deployment) AND version = \(facts.version) AND checksum = \(facts.checksum)
                    AND key_name = \(facts.keyName) AND updated_at = \(facts.updatedAt) AND pruned_at IS NULL
                """
            ) == 1
        }
    }

    /// Notes a failed try in the row.
    func markFailed(
        _ deployment: DeploymentID,
        version: Int,
        _ message: String,
        isFinal: Bool,
        in transaction: Transaction
    ) throws {
        try transaction.execute(
            """
            UPDATE terraform_state_versions
            SET backup_status = \(isFinal ? BackupStatus.failed : .pending), backup_error = \(message)
            WHERE terraform_deployment_id = \(deployment) AND version = \(version)
            """
        )
    }
}

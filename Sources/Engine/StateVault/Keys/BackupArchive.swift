internal import Domain
internal import FoundationEssentials
internal import Remote
internal import Sealing
internal import Storage

/// The backups of state versions: their metadata and the states in them are sealed messages, too.
package struct BackupArchive: SealedArchive {
    private let vault: StateVault

    package init(_ vault: StateVault) { self.vault = vault }

    static let noun = "backup"

    package var noun: String { Self.noun }

    package func uses(isThorough: Bool) async throws -> [String: Int] {
        var uses = try await vault.read { try Self.listedUses(in: $0) }
        guard isThorough, vault.backups != nil else { return uses }
        try await forEachDisplaced { _, object in
            for key in Self.keys(of: object) { uses[key, default: 0] += 1 }
        }
        return uses
    }

    package func rewrap(from keys: Set<String>, to name: String, report: @Sendable (Bool) async -> Void) async throws {
        guard vault.backups != nil else {
            if try await uses(isThorough: false).contains(where: { keys.contains($0.key) }) { throw VaultError(.noBackups) }
            return
        }
        let store = try await vault.backupStore()
        var last: Int64 = 0
        while true {
            let after = last
            let batch = try await vault.read { try Row.batch(ofKeys: keys, after: after, in: $0) }
            guard let end = batch.last else { break }
            for row in batch {
                try Task.checkCancellation()
                await report(try await rewrap(row, to: name, in: store))
            }
            last = end.id
        }
        try await forEachDisplaced { key, object in
            guard !Self.keys(of: object).isDisjoint(with: keys) else { return }
            // Whose they were, their path says; what can't be opened is left as it is, and counted before a key goes.
            guard let place = Self.place(in: key.text), let changed = try? rewrapped(object, place.0, place.1, to: name) else { return }
            try await store.put(changed.bytes, at: key)
        }
    }

    /// As many as the database lists; the rows of pruned versions are on their way out.
    static func listedUses(in transaction: Transaction) throws -> [String: Int] {
        let rows = try transaction.rows(
            """
            SELECT backup_key_name, COUNT(*) AS uses
            FROM terraform_state_versions
            WHERE backup_path IS NOT NULL AND backup_key_name IS NOT NULL
            GROUP BY backup_key_name
            """
        )
        return try rows.reduce(into: [:]) { $0[try $1.value("backup_key_name")] = try $1.value("uses") }
    }

    // MARK: - One backup

    /// What a row says of its backup.
    private struct Row: Sendable {
        let id: Int64
        let deployment: DeploymentID
        let version: Int
        let path: String
        let backupKey: String
        let key: String
        let updatedAt: Date

        static func batch(ofKeys keys: Set<String>, after id: Int64, in transaction: Transaction) throws -> [Row] {
            try transaction.rows(
                """
                SELECT id, terraform_deployment_id, version, backup_path, backup_key_name, key_name, updated_at
                FROM terraform_state_versions
                WHERE backup_key_name IN (\(list: keys.sorted())) AND backup_path IS NOT NULL AND pruned_at IS NULL AND id > \(id)
                ORDER BY id
                LIMIT 100
                """
            ).map { row in
                Row(
                    id: try row.value("id"),
                    deployment: try row.value("terraform_deployment_id"),
                    version: try row.value("version"),
                    path: try row.value("backup_path"),
                    backupKey: try row.value("backup_key_name"),
                    key: try row.value("key_name"),
                    updatedAt: try row.value("updated_at")
                )
            }
        }
    }

    /// Writes one backup anew; false when it can't be opened for want of a key.
    private func rewrap(_ row: Row, to name: String, in store: any ObjectStore) async throws -> Bool {
        let key = try ObjectKey(row.path)
        guard let bytes = try await store.get(key, limit: 2 * vault.limit + 1 << 20) else {
            try await requestAnew(row)
            return true
        }
        let changed: SealedBackup
        do throws(SealingError) {
            changed = try rewrapped(try SealedBackup(bytes), row.deployment, row.version, to: name)
        } catch {
            if case .unknownKey = error.reason { return false }
            // Damaged, it opens nothing: the row is still there to make another of.
            try await requestAnew(row)
            return true
        }
        try await store.put(changed.bytes, at: key)
        guard try await store.get(key, limit: changed.bytes.count) == changed.bytes else {
            throw VaultError(.backupDiffers(row.deployment, version: row.version))
        }
        let isDone = try await vault.write { transaction in
            try transaction.execute(
                """
                UPDATE terraform_state_versions SET backup_key_name = \(name)
                WHERE id = \(row.id) AND backup_path = \(row.path) AND backup_key_name = \(row.backupKey) AND key_name = \(row.key)
                    AND updated_at = \(row.updatedAt) AND pruned_at IS NULL
                """
            ) == 1
        }
        if !isDone { try await settle(row, at: key, in: store) }
        return true
    }

    /// The version was changed or removed while its backup was written: what lies there now may be the older one.
    private func settle(_ row: Row, at key: ObjectKey, in store: any ObjectStore) async throws {
        let isKept = try await vault.write { [vault] transaction in
            let current = try vault.version(row.version, of: row.deployment, in: transaction)
            guard let current, current.prunedAt == nil else { return false }
            try vault.requestBackup(of: row.version, of: row.deployment, in: transaction)
            return true
        }
        if !isKept { try await store.delete(key) }
    }

    private func requestAnew(_ row: Row) async throws {
        try await vault.write { [vault] transaction in
            try transaction.execute("UPDATE terraform_state_versions SET backup_key_name = NULL WHERE id = \(row.id)")
            try vault.requestBackup(of: row.version, of: row.deployment, in: transaction)
        }
    }

    private func rewrapped(
        _ object: SealedBackup,
        _ deployment: DeploymentID,
        _ version: Int,
        to name: String
    ) throws(SealingError) -> SealedBackup {
        let metadataContext = BackupMetadata.context(deployment, version: version)
        let stateContext = StateVault.context(deployment, version: version)
        return SealedBackup(
            metadata: try Envelope.rewrap(object.metadata, with: vault.keyring, context: metadataContext, to: name),
            state: try Envelope.rewrap(object.state, with: vault.keyring, context: stateContext, to: name)
        )
    }

    // MARK: - Displaced backups, which the database doesn't know

    private func forEachDisplaced(_ body: (ObjectKey, SealedBackup) async throws -> Void) async throws {
        let store = try await vault.backupStore()
        try await store.forEach(prefix: SealedBackup.displacedFolder) { found in
            // No backup, or a damaged one: nothing that a key would open.
            guard let bytes = try await store.get(found.key, limit: 2 * vault.limit + 1 << 20), let object = try? SealedBackup(bytes) else {
                return
            }
            try await body(found.key, object)
        }
    }

    private static func keys(of object: SealedBackup) -> Set<String> {
        // As above: a header that can't be read names no key.
        Set([object.metadata, object.state].compactMap { try? EnvelopeHeader(of: $0).keyName })
    }

    /// The deployment and the version in `…/deployment-42/v7-state.sealed`.
    private static func place(in path: String) -> (DeploymentID, Int)? {
        let words = path.split(separator: "/").suffix(2)
        guard let first = words.first, let last = words.last, first.hasPrefix("deployment-"), last.hasPrefix("v"),
            last.hasSuffix("-state.sealed"), let deployment = Int64(first.dropFirst("deployment-".count)),
            let version = Int(last.dropFirst().dropLast("-state.sealed".count))
        else { return nil }
        return (DeploymentID(rawValue: deployment), version)
    }
}

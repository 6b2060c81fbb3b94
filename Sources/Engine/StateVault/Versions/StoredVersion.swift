internal import Domain
internal import Sealing
internal import Storage

/// One version as the database holds it, nothing verified yet.
struct StoredVersion: Sendable {
    let deployment: DeploymentID
    let version: Int
    /// The second record of its checksum, kept apart from the row.
    let checksum: String?
    /// Nil: the row is lost.
    let facts: StateVersion?
    let sealed: [UInt8]

    /// Reads it; nil when there is no such version and never was, or it was pruned.
    static func read(_ deployment: DeploymentID, version: Int?, in transaction: Transaction) throws -> StoredVersion? {
        let current = try transaction.first("SELECT state_version FROM terraform_deployments WHERE id = \(deployment)")
        guard let current else { throw VaultError(.noDeployment(deployment)) }
        let newest: Int = try current.value("state_version")
        let wanted = version ?? newest
        guard wanted > 0 else { return nil }
        let checksum = try transaction.first(
            "SELECT checksum FROM state_checksums WHERE terraform_deployment_id = \(deployment) AND version = \(wanted)"
        )?.value("checksum", as: String.self)
        let row = try transaction.first(
            """
            SELECT \(sql: StateVersion.columns), state_file
            FROM terraform_state_versions
            WHERE terraform_deployment_id = \(deployment) AND version = \(wanted)
            """
        )
        if row == nil, checksum == nil, wanted != newest { return nil }
        return StoredVersion(
            deployment: deployment,
            version: wanted,
            checksum: checksum,
            facts: try row.map { try StateVersion($0) },
            sealed: try row?.value("state_file") ?? []
        )
    }

    /// Opens it, and verifies tag, place, length and checksum.
    func open(with keyring: Keyring) throws(VaultError) -> LoadedState {
        guard let facts else { throw VaultError(.missing(deployment, version: version)) }
        let bytes: [UInt8]
        do throws(SealingError) {
            bytes = try Envelope.open(sealed, with: keyring, context: StateVault.context(deployment, version: version))
        } catch {
            if case .unknownKey(let name) = error.reason {
                throw VaultError(.unknownKey(name, deployment, version: version), cause: error)
            }
            throw VaultError(.damaged(deployment, version: version, error.reason), cause: error)
        }
        guard bytes.count == facts.byteCount, SHA256.hex(bytes) == facts.checksum, checksum ?? facts.checksum == facts.checksum else {
            throw VaultError(.damaged(deployment, version: version, nil))
        }
        return LoadedState(version: facts, bytes: bytes)
    }

    /// The checksum of what the sealed bytes hold, when their tag is right for this place.
    func sealedChecksum(with keyring: Keyring) -> String? {
        // Whatever is wrong with them: they are no witness.
        guard let bytes = try? Envelope.open(sealed, with: keyring, context: StateVault.context(deployment, version: version)) else {
            return nil
        }
        return SHA256.hex(bytes)
    }
}

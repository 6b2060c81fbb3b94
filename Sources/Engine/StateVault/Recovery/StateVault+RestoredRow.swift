internal import Domain
internal import FoundationEssentials
internal import Sealing
internal import Storage

/// What a row says of its backup.
struct BackupFacts: Sendable {
    let path: String?
    let keyName: String?
    /// Nil: it has to be written first.
    let verifiedAt: Date?
}

extension StateVault {
    /// Inserts a version's row from what its backup says, and the second record of its checksum.
    func insert(
        _ metadata: BackupMetadata,
        state: [UInt8],
        for deployment: DeploymentID,
        of organization: OrganizationID,
        pinned: Bool,
        backup: BackupFacts,
        in transaction: Transaction
    ) throws {
        let header = try EnvelopeHeader(of: state)
        let status = backup.verifiedAt == nil ? BackupStatus.pending : .stored
        try transaction.execute(
            """
            INSERT INTO terraform_state_versions
                (terraform_deployment_id, organization_id, version, state_file, checksum, size_bytes, sealed_size_bytes, compressed,
                 key_name, serial, lineage, terraform_version, resource_count, is_final, fence, job_id, created_by, change_summary,
                 backup_path, backup_status, backup_key_name, backup_verified_at, pinned, created_at, updated_at)
            VALUES
                (\(deployment), \(organization), \(metadata.version), \(state), \(metadata.checksum), \(metadata.byteCount), \(state.count),
                 \(header.isCompressed), \(header.keyName), \(metadata.serial), \(metadata.lineage), \(metadata.terraformVersion),
                 \(metadata.resourceCount), \(metadata.isFinal), \(metadata.fence), \(metadata.job), \(metadata.author),
                 \(metadata.changeSummary), \(backup.path), \(status), \(backup.keyName), \(backup.verifiedAt), \(pinned),
                 \(metadata.createdAt), \(metadata.updatedAt))
            """
        )
        try transaction.execute(
            """
            INSERT INTO state_checksums (terraform_deployment_id, version, checksum)
            VALUES (\(deployment), \(metadata.version), \(metadata.checksum))
            ON CONFLICT (terraform_deployment_id, version) DO UPDATE SET checksum = excluded.checksum
            """
        )
    }
}

package import Domain
package import FoundationEssentials
internal import Storage

/// What is known of one stored version of a deployment's state, without its content.
package struct StateVersion: Sendable, Equatable {
    package let deployment: DeploymentID
    package let organization: OrganizationID
    /// Counted from 1 per deployment, without gaps.
    package let version: Int
    package let serial: Int64
    package let lineage: String
    package let terraformVersion: String
    /// Instances of managed resources.
    package let resourceCount: Int
    /// SHA-256 of the plain bytes, in hexadecimal.
    package let checksum: String
    /// Of the plain bytes.
    package let byteCount: Int
    /// Of the sealed bytes.
    package let sealedByteCount: Int
    package let isCompressed: Bool
    /// The key that wraps its data key.
    package let keyName: String
    /// False for what a run had written so far, when nothing came after it.
    package let isFinal: Bool
    package let fence: Fence
    package let job: JobID?
    /// A person's or a worker's name.
    package let author: String
    /// `+3 ~1 -0`.
    package let changeSummary: String?
    /// Where its backup lies.
    package let backupPath: String?
    package let createdAt: Date
    package let updatedAt: Date
    package let backupStatus: BackupStatus
    /// When its backup was last read back and found right.
    package let backupVerifiedAt: Date?
    /// Why the last try to back it up failed.
    package let backupError: String?
    /// The key that wraps the data keys of the backup's two messages: it can't be retired before they are wrapped anew.
    package let backupKeyName: String?
    /// Never pruned.
    package let isPinned: Bool
    /// Since when it is being removed; its backup may be gone already.
    package let prunedAt: Date?
}

extension StateVersion {
    /// The columns that ``init(_:)`` reads, in the order of the table.
    static let columns: SQL = """
        terraform_deployment_id, organization_id, version, checksum, size_bytes, sealed_size_bytes, compressed, key_name, serial, lineage,
        terraform_version, resource_count, is_final, fence, job_id, created_by, change_summary, backup_path, created_at, updated_at,
        backup_status, backup_verified_at, backup_error, backup_key_name, pinned, pruned_at
        """

    init(_ row: Row) throws(StorageError) {
        deployment = try row.value("terraform_deployment_id")
        organization = try row.value("organization_id")
        version = try row.value("version")
        serial = try row.value("serial")
        lineage = try row.value("lineage")
        terraformVersion = try row.value("terraform_version")
        resourceCount = try row.value("resource_count")
        checksum = try row.value("checksum")
        byteCount = try row.value("size_bytes")
        sealedByteCount = try row.value("sealed_size_bytes")
        isCompressed = try row.value("compressed")
        keyName = try row.value("key_name")
        isFinal = try row.value("is_final")
        fence = try row.value("fence")
        job = try row.value("job_id")
        author = try row.value("created_by")
        changeSummary = try row.value("change_summary")
        backupPath = try row.value("backup_path")
        createdAt = try row.value("created_at")
        updatedAt = try row.value("updated_at")
        backupStatus = try row.value("backup_status")
        backupVerifiedAt = try row.value("backup_verified_at")
        backupError = try row.value("backup_error")
        backupKeyName = try row.value("backup_key_name")
        isPinned = try row.value("pinned")
        prunedAt = try row.value("pruned_at")
    }
}

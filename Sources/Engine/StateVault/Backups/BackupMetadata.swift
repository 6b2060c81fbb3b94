internal import Domain
internal import FoundationEssentials
internal import Sealing
internal import Storage

/// All that a version's row says beside its content, for rebuilding it from its backup alone.
///
/// Stored as JSON, sealed; its format is registered in docs/state-vault.md.
struct BackupMetadata: Codable, Sendable, Equatable {
    var organizationID: Int64
    var organization: String
    var deploymentID: Int64
    var project: String
    var version: Int
    var serial: Int64
    var lineage: String
    var terraformVersion: String
    var resourceCount: Int
    /// SHA-256 of the plain bytes, in hexadecimal.
    var checksum: String
    var byteCount: Int
    var sealedByteCount: Int
    var isCompressed: Bool
    var isFinal: Bool
    var isPinned: Bool
    var fence: Int64
    var job: String?
    var author: String
    var changeSummary: String?
    /// Microseconds since 1970 UTC.
    var createdAt: Int64
    var updatedAt: Int64

    enum CodingKeys: String, CodingKey {
        case organizationID = "organization_id"
        case organization
        case deploymentID = "deployment_id"
        case project, version, serial, lineage
        case terraformVersion = "terraform_version"
        case resourceCount = "resource_count"
        case checksum
        case byteCount = "size_bytes"
        case sealedByteCount = "sealed_size_bytes"
        case isCompressed = "compressed"
        case isFinal = "final"
        case isPinned = "pinned"
        case fence, job, author
        case changeSummary = "change_summary"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ facts: StateVersion, organization: String, project: String) {
        organizationID = facts.organization.rawValue
        self.organization = organization
        deploymentID = facts.deployment.rawValue
        self.project = project
        version = facts.version
        serial = facts.serial
        lineage = facts.lineage
        terraformVersion = facts.terraformVersion
        resourceCount = facts.resourceCount
        checksum = facts.checksum
        byteCount = facts.byteCount
        sealedByteCount = facts.sealedByteCount
        isCompressed = facts.isCompressed
        isFinal = facts.isFinal
        isPinned = facts.isPinned
        fence = facts.fence.rawValue
        job = facts.job?.rawValue
        author = facts.author
        changeSummary = facts.changeSummary
        createdAt = facts.createdAt.microseconds
        updatedAt = facts.updatedAt.microseconds
    }

    /// A version of another history must not be overwritten: another stack's, or another content of a version that was final.
    func mayBeReplaced(by other: BackupMetadata) -> Bool {
        guard organization == other.organization, project == other.project, lineage == other.lineage else { return false }
        return checksum == other.checksum || !isFinal
    }

    static func context(_ deployment: DeploymentID, version: Int) -> String { "backup/\(deployment)/\(version)" }
}

extension Date {
    /// As the database stores it: microseconds since 1970 UTC.
    var microseconds: Int64 { Int64(clamping: (timeIntervalSince1970 * 1_000_000).rounded()) }
}

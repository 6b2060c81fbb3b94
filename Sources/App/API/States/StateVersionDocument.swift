internal import Domain
package import FoundationEssentials
package import StateVault

/// A version of a state as `--json` and `state show` have it.
package struct StateVersionDocument: Codable, Sendable {
    package let version: Int
    package let serial: Int64
    package let lineage: String
    package let terraformVersion: String
    package let checksum: String
    package let bytes: Int
    package let sealedBytes: Int
    package let isCompressed: Bool
    package let key: String
    package let resources: Int
    package let job: String?
    package let createdBy: String
    package let changeSummary: String?
    package let isFinal: Bool
    package let isPinned: Bool
    package let backupStatus: String
    package let backupPath: String?
    package let backupVerifiedAt: Date?
    package let backupError: String?
    package let createdAt: Date

    package init(_ version: StateVersion) {
        self.version = version.version
        serial = version.serial
        lineage = version.lineage
        terraformVersion = version.terraformVersion
        checksum = version.checksum
        bytes = version.byteCount
        sealedBytes = version.sealedByteCount
        isCompressed = version.isCompressed
        key = version.keyName
        resources = version.resourceCount
        job = version.job?.rawValue
        createdBy = version.author
        changeSummary = version.changeSummary
        isFinal = version.isFinal
        isPinned = version.isPinned
        backupStatus = version.backupStatus.rawValue
        backupPath = version.backupPath
        backupVerifiedAt = version.backupVerifiedAt
        backupError = version.backupError
        createdAt = version.createdAt
    }
}

extension StateVersionDocument {
    static let schema = NamedSchema(
        "StateVersion",
        .object([
            .init("version", .integer, "Counted from 1 per project"),
            .init("serial", .integer, "Terraform's"),
            .init("lineage", .string(), "Terraform's"),
            .init("terraformVersion", .string(), "What wrote it"),
            .init("checksum", .string(), "SHA-256 of the plain bytes"),
            .init("bytes", .integer, "Of the plain state"),
            .init("sealedBytes", .integer, "As it is stored"),
            .init("isCompressed", .boolean, "Before it was sealed"),
            .init("key", .string(), "Of the keyring"),
            .init("resources", .integer, "How many"),
            .optional("job", .string(), "Whose run wrote it"),
            .init("createdBy", .string(), "Who"),
            .optional("changeSummary", .string(), "+3 ~1 -0"),
            .init("isFinal", .boolean, "False: of a run that did not end"),
            .init("isPinned", .boolean, "Never pruned"),
            .init("backupStatus", .string(), "pending, stored or failed"),
            .optional("backupPath", .string(), "Where its backup is"),
            .optional("backupVerifiedAt", .moment, "When its backup was read back"),
            .optional("backupError", .string(), "Why it has none"),
            .init("createdAt", .moment, "When it was stored"),
        ])
    )
}

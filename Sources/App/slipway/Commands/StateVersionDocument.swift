import Domain
import FoundationEssentials
import StateVault

/// A version of a state as `--json` and `state show` have it.
struct StateVersionDocument: Encodable {
    let version: Int
    let serial: Int64
    let lineage: String
    let terraformVersion: String
    let checksum: String
    let bytes: Int
    let sealedBytes: Int
    let isCompressed: Bool
    let key: String
    let resources: Int
    let job: String?
    let createdBy: String
    let changeSummary: String?
    let isFinal: Bool
    let isPinned: Bool
    let backupStatus: String
    let backupPath: String?
    let backupVerifiedAt: Date?
    let backupError: String?
    let createdAt: Date

    init(_ version: StateVersion) {
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

    /// For a person, name by name.
    func lines(now: Date) -> [(name: String, value: String)] {
        var lines = [
            ("version", "\(version)\(isFinal ? "" : " (of a run that did not end)")\(isPinned ? ", pinned" : "")"),
            ("serial", "\(serial)"),
            ("lineage", lineage),
            ("terraform", terraformVersion),
            ("resources", "\(resources)"),
            ("sha256", checksum),
            ("size", "\(HumanText.bytes(bytes)), sealed \(HumanText.bytes(sealedBytes))\(isCompressed ? ", compressed" : "")"),
            ("key", key),
            ("by", job ?? createdBy),
        ]
        if let changeSummary { lines.append(("changes", changeSummary)) }
        var backup = backupStatus
        if let backupPath { backup += " at \(backupPath)" }
        if let backupVerifiedAt { backup += ", verified \(HumanText.relative(backupVerifiedAt, now: now))" }
        if let backupError { backup += "; \(backupError)" }
        lines.append(("backup", backup))
        lines.append(("created", HumanText.relative(createdAt, now: now)))
        return lines
    }
}

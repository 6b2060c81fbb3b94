import API
import FoundationEssentials

extension StateVersionDocument {
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

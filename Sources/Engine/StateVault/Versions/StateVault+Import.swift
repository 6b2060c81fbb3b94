package import Domain
internal import Sealing
internal import Storage

extension StateVault {
    /// Finds out what importing a file means: format, size, lineage and serial are checked, nothing is written.
    ///
    /// - Throws: ``VaultError``: bytes that are no whole state of format 4, ``VaultError/Reason/tooLarge(size:limit:)``,
    ///   ``VaultError/Reason/unusableSerial``, ``VaultError/Reason/noDeployment(_:)``.
    package func checkImport(_ bytes: [UInt8], into deployment: DeploymentID) async throws(VaultError) -> ImportCheck {
        guard bytes.count <= limit else { throw VaultError(.tooLarge(size: bytes.count, limit: limit)) }
        let document = try StateDocument(parsing: bytes)
        try document.checkSerial()
        let (facts, current) = try await read { [self] transaction in
            let facts = try StoredFacts.read(deployment, locks: false, in: transaction)
            return (facts, try version(facts.version, of: deployment, in: transaction))
        }
        let checksum = SHA256.hex(bytes)
        let isUnchanged = facts.version > 0 && facts.checksum == checksum
        var overrides: [ImportCheck.Override] = []
        if !isUnchanged {
            if let lineage = facts.lineage, lineage != document.lineage {
                overrides.append(.lineage(stored: lineage, offered: document.lineage))
            }
            if let serial = facts.serial, document.serial < serial {
                overrides.append(.serial(stored: serial, offered: document.serial))
            }
            if facts.serial == document.serial { overrides.append(.content(serial: document.serial)) }
        }
        return ImportCheck(
            document: document,
            checksum: checksum,
            current: current,
            isUnchanged: isUnchanged,
            overrides: overrides
        )
    }

    /// Stores a file as the newest state.
    ///
    /// - Parameters:
    ///   - bytes: Terraform's state JSON, format 4.
    ///   - deployment: Whose.
    ///   - author: Who, for history and audit.
    ///   - reason: Why, for the lock and the audit.
    ///   - force: Takes it in spite of its lineage or serial; what that overrode is returned, and in the audit.
    ///   - lock: The state's lock, when the caller holds it; nil: it is taken for the time of the call.
    /// - Returns: The version and what was forced.
    /// - Throws: As ``checkImport(_:into:)`` does, and ``VaultError/Reason/locked(_:)``; without `force`
    ///   ``VaultError/Reason/otherLineage(stored:offered:)``, ``VaultError/Reason/lowerSerial(stored:offered:)`` or
    ///   ``VaultError/Reason/serialReused(_:)``.
    package func importState(
        _ bytes: [UInt8],
        into deployment: DeploymentID,
        author: String,
        reason: String = "import",
        force: Bool = false,
        lock: String? = nil
    ) async throws(VaultError) -> ImportedState {
        try await holdingLock(of: deployment, id: lock, holder: author, reason: reason) { (lock) throws(VaultError) in
            let check = try await checkImport(bytes, into: deployment)
            guard !check.isUnchanged else { return ImportedState(version: nil, overrides: []) }
            let facts = try await read { try StoredFacts.read(deployment, locks: false, in: $0) }
            let details = [
                "checksum": check.checksum, "reason": reason, "overrides": check.overrides.map(\.description).joined(separator: "; "),
            ]
            let version = try await save(
                bytes,
                for: deployment,
                as: .final,
                fence: facts.fence,
                job: nil,
                author: author,
                changeSummary: "Imported",
                force: force,
                guarding: personalWrite(deployment, lock, "state.imported", by: author, details)
            )
            return ImportedState(version: version, overrides: check.overrides)
        }
    }
}

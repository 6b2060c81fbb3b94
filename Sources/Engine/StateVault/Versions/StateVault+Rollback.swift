internal import Audit
package import Domain
internal import FoundationEssentials
internal import Storage

extension StateVault {
    /// Makes an earlier version the newest again, as a new version with a higher serial, so that Terraform takes it.
    ///
    /// Nothing else of its bytes changes. Works when the newest version is damaged, too; whatever was done since then is no longer known
    /// to Terraform, which the caller has said before.
    ///
    /// - Parameters:
    ///   - deployment: Whose.
    ///   - version: The version to go back to.
    ///   - author: Who decided it, for history and audit.
    ///   - reason: Why, for the lock and the audit.
    ///   - lock: The state's lock, when the caller holds it; nil: it is taken for the time of the call.
    /// - Returns: The new version.
    /// - Throws: ``VaultError/Reason/locked(_:)``, ``VaultError/Reason/noVersion(_:version:)``, ``VaultError/Reason/lockNotHeld(id:current:)``
    ///   when the lock was lost meanwhile, and what ``load(_:version:)`` throws.
    package func rollback(
        _ deployment: DeploymentID,
        to version: Int,
        author: String,
        reason: String = "rollback",
        lock: String? = nil
    ) async throws(VaultError) -> StateVersion {
        try await holdingLock(of: deployment, id: lock, holder: author, reason: reason) { (lock) throws(VaultError) in
            let old = try await export(deployment, version: version)
            let facts = try await read { try StoredFacts.read(deployment, locks: false, in: $0) }
            let serial = StateDocument.serial(after: facts.serial ?? 0, old.version.serial)
            let summary = "Rolled back to version \(version)"
            let saved = try await save(
                try StateDocument.replacingSerial(in: old.bytes, with: serial),
                for: deployment,
                as: .final,
                fence: facts.fence,
                job: nil,
                author: author,
                changeSummary: summary,
                // Its lineage may be an earlier one's: going back to it is what was asked for.
                force: true,
                guarding: personalWrite(deployment, lock, "state.rolled_back", by: author, ["to": "\(version)", "reason": reason])
            )
            guard let saved else { throw VaultError(.noVersion(deployment, version: version)) }
            return saved
        }
    }

    // MARK: - Details

    /// Runs `body` while the lock is held: the caller's own, or one that is taken for it.
    func holdingLock<T>(
        of deployment: DeploymentID,
        id: String?,
        holder: String,
        reason: String,
        _ body: (String) async throws(VaultError) -> T
    ) async throws(VaultError) -> T {
        if let id { return try await body(id) }
        let id = UUID().uuidString.lowercased()
        _ = try await lock(deployment, id: id, holder: holder, reason: reason, lifetime: .seconds(300))
        do throws(VaultError) {
            let value = try await body(id)
            // The write is done; a lock that is gone already harms nobody, and one that stays expires.
            try? await unlock(deployment, id: id)
            return value
        } catch {
            try? await unlock(deployment, id: id)  // The first error matters more; the lock expires.
            throw error
        }
    }

    /// A person's write: refused when the lock was lost, and in the audit log with the version.
    func personalWrite(
        _ deployment: DeploymentID,
        _ lock: String,
        _ action: String,
        by author: String,
        _ details: [String: String]
    ) -> @Sendable (Transaction) throws -> Void {
        { [self] transaction in
            let current = try held(deployment, in: transaction)
            guard let current, current.id == lock else { throw notHeld(lock, current, at: now()) }
            let facts = try StoredFacts.read(deployment, locks: true, in: transaction)
            try audit.append(
                action,
                of: "deployment:\(deployment)",
                by: author,
                organization: facts.organization,
                details: details,
                at: now(),
                in: transaction
            )
        }
    }
}

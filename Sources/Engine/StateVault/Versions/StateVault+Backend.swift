package import Domain
internal import FoundationEssentials
package import Storage

extension StateVault {
    /// Stores what a Terraform of somebody's own wrote, under the lock that it holds.
    ///
    /// - Parameters:
    ///   - state: Terraform's state JSON, format 4.
    ///   - deployment: Whose.
    ///   - id: The lock that the writer says it holds; nil: it took none, and then nobody else may hold one.
    ///   - author: Who, for history.
    ///   - alongside: Runs in the same transaction, before anything is written; maybe several times.
    /// - Returns: The version, or nil when the newest one has the same bytes already.
    /// - Throws: ``VaultError/Reason/lockNotHeld(id:current:)`` when the lock is another's or was ended,
    ///   ``VaultError/Reason/locked(_:)`` for a writer without one, ``VaultError/Reason/staleFence(stored:offered:)`` when another has
    ///   written since, and what ``save(_:for:as:fence:job:author:changeSummary:force:guarding:)`` throws.
    package func save(
        _ state: [UInt8],
        for deployment: DeploymentID,
        underLock id: String?,
        author: String,
        alongside: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws(VaultError) -> StateVersion? {
        let fence = try await read { [self] in try right(of: id, to: deployment, in: $0) }
        return try await save(state, for: deployment, as: .final, fence: fence, job: nil, author: author) { [self] transaction in
            _ = try right(of: id, to: deployment, in: transaction)
            try alongside(transaction)
        }
    }

    /// The fence of a writer who holds the lock `id`, or of one without a lock where there is none.
    private func right(of id: String?, to deployment: DeploymentID, in transaction: Transaction) throws -> Fence {
        let now = now()
        let lock = try held(deployment, in: transaction).flatMap { $0.isOver(at: now) ? nil : $0 }
        guard let id else {
            if let lock { throw VaultError(.locked(lock)) }
            return try StoredFacts.read(deployment, locks: false, in: transaction).fence
        }
        guard let lock, lock.id == id else { throw VaultError(.lockNotHeld(id: id, current: lock)) }
        return lock.fence
    }
}

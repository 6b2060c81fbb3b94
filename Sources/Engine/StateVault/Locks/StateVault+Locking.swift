package import Domain
internal import FoundationEssentials
package import Storage

extension StateVault {
    /// Takes the lock of a deployment's state, or renews one that is held under the same id.
    ///
    /// It keeps people and programs apart that ask for it; what keeps a late writer out is the fencing number, not the lock.
    ///
    /// - Parameters:
    ///   - deployment: Whose state.
    ///   - id: The holder's handle, which unlocking needs.
    ///   - holder: Who, as the next one to ask shall read it.
    ///   - reason: What for.
    ///   - info: The lock in the holder's words, JSON.
    ///   - fence: Claimed in the same transaction when given: smaller ones can't write any more.
    ///   - lifetime: It can be taken by others after that time without a renewal; nil: never.
    /// - Returns: The lock; a renewed one keeps its time of creation.
    /// - Throws: ``VaultError/Reason/locked(_:)`` with the holder, ``VaultError/Reason/staleFence(stored:offered:)``,
    ///   ``VaultError/Reason/noDeployment(_:)``.
    package func lock(
        _ deployment: DeploymentID,
        id: String,
        holder: String,
        reason: String,
        info: String? = nil,
        fence: Fence? = nil,
        lifetime: Duration? = nil
    ) async throws(VaultError) -> StateLock {
        let now = now()
        let expiry = lifetime.map { now.addingTimeInterval($0 / .seconds(1)) }
        return try await write { [self] transaction in
            if let fence { try claim(deployment, fence: fence, in: transaction) }
            let row = try transaction.first("SELECT state_fence FROM terraform_deployments WHERE id = \(deployment)")
            guard let row else { throw VaultError(.noDeployment(deployment)) }
            let stored: Fence = try row.value("state_fence")
            // One statement that inserts, or takes over only what is ours or expired: of two at once, one changes a row.
            let taken = try transaction.execute(
                """
                INSERT INTO state_locks (terraform_deployment_id, lock_id, holder, reason, info, fence, created_at, expires_at)
                VALUES (\(deployment), \(id), \(holder), \(reason), \(info), \(stored), \(now), \(expiry))
                ON CONFLICT (terraform_deployment_id) DO UPDATE
                SET lock_id = excluded.lock_id, holder = excluded.holder, reason = excluded.reason, info = excluded.info,
                    fence = excluded.fence, expires_at = excluded.expires_at,
                    created_at = CASE WHEN state_locks.lock_id = excluded.lock_id THEN state_locks.created_at ELSE excluded.created_at END
                WHERE state_locks.lock_id = excluded.lock_id OR state_locks.expires_at <= \(now)
                """
            )
            guard let current = try held(deployment, in: transaction) else { throw VaultError(.noDeployment(deployment)) }
            guard taken == 1 else { throw VaultError(.locked(current)) }
            return current
        }
    }

    /// Releases the lock held under `id`, in one step.
    ///
    /// - Throws: ``VaultError/Reason/lockNotHeld(id:current:)`` when it is another's or nobody's.
    package func unlock(_ deployment: DeploymentID, id: String) async throws(VaultError) {
        try await write { [self] transaction in
            let released = try transaction.execute(
                "DELETE FROM state_locks WHERE terraform_deployment_id = \(deployment) AND lock_id = \(id)"
            )
            guard released == 1 else { throw VaultError(.lockNotHeld(id: id, current: try held(deployment, in: transaction))) }
        }
    }

    /// Releases the lock held under `id` in the caller's transaction; another's lock, or none, is left as it is.
    package func release(_ deployment: DeploymentID, id: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM state_locks WHERE terraform_deployment_id = \(deployment) AND lock_id = \(id)")
    }

    /// Releases the lock whoever holds it: a person's decision.
    ///
    /// - Returns: What was released, for the audit; nil when there was none.
    /// - Throws: ``VaultError/Reason/storage(_:)``.
    package func forceUnlock(_ deployment: DeploymentID) async throws(VaultError) -> StateLock? {
        try await write { transaction in
            try transaction.first(
                """
                DELETE FROM state_locks
                WHERE terraform_deployment_id = \(deployment)
                RETURNING \(sql: StateLock.columns)
                """
            ).map { try StateLock($0) }
        }
    }

    /// Who holds the lock; nil when nobody does or it is expired.
    package func currentLock(of deployment: DeploymentID) async throws(VaultError) -> StateLock? {
        let now = now()
        let lock = try await read { [self] transaction in try held(deployment, in: transaction) }
        guard let expiry = lock?.expiresAt, expiry <= now else { return lock }
        return nil
    }

    private func held(_ deployment: DeploymentID, in transaction: Transaction) throws -> StateLock? {
        try transaction.first(
            """
            SELECT \(sql: StateLock.columns)
            FROM state_locks
            WHERE terraform_deployment_id = \(deployment)
            """
        ).map { try StateLock($0) }
    }
}

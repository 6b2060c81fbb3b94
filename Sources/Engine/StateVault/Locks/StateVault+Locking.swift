package import Domain
internal import FoundationEssentials
package import Storage

extension StateVault {
    /// Takes the lock of a deployment's state, or renews one that is held under the same id.
    ///
    /// It keeps people and programs apart that ask for it; what keeps a late writer out is the fencing number, not the lock: taking over a
    /// lock that is over raises it.
    ///
    /// - Parameters:
    ///   - deployment: Whose state.
    ///   - id: The holder's handle, which unlocking needs.
    ///   - holder: Who, as the next one to ask shall read it.
    ///   - reason: What for.
    ///   - info: The lock in the holder's words, JSON.
    ///   - fence: Claimed in the same transaction when given: smaller ones can't write any more. Nil: a new one when the lock is taken
    ///     over, the deployment's otherwise.
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
            let facts = try StoredFacts.read(deployment, locks: true, in: transaction)
            let before = try held(deployment, in: transaction)
            if let before, before.id != id, !before.isOver(at: now) { throw VaultError(.locked(before)) }
            // Whoever is taken over from may only be asleep: what it writes when it wakes up is refused.
            let isTakeover = before.map { $0.id != id } ?? false
            var own = fence ?? facts.fence
            if isTakeover, fence == nil { own = try drawFence(for: deployment, above: facts.fence, in: transaction) }
            // One statement that inserts, or takes over only what is ours or expired: of two at once, one changes a row.
            let taken = try transaction.execute(
                """
                INSERT INTO state_locks (terraform_deployment_id, lock_id, holder, reason, info, fence, created_at, expires_at)
                VALUES (\(deployment), \(id), \(holder), \(reason), \(info), \(own), \(now), \(expiry))
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

    /// Lets a held lock live longer, counted from now: the holder's heartbeat.
    ///
    /// One that is over, but that nobody took meanwhile, lives on.
    ///
    /// - Throws: ``VaultError/Reason/lockNotHeld(id:current:)`` when another has it, or a person ended it.
    @discardableResult
    package func renew(_ deployment: DeploymentID, id: String, lifetime: Duration) async throws(VaultError) -> StateLock {
        let now = now()
        return try await write { [self] transaction in
            let renewed = try transaction.execute(
                """
                UPDATE state_locks SET expires_at = \(now.addingTimeInterval(lifetime / .seconds(1)))
                WHERE terraform_deployment_id = \(deployment) AND lock_id = \(id)
                """
            )
            let current = try held(deployment, in: transaction)
            guard renewed == 1, let current else { throw notHeld(id, current, at: now) }
            return current
        }
    }

    /// Releases the lock held under `id`, in one step.
    ///
    /// - Throws: ``VaultError/Reason/lockNotHeld(id:current:)`` when it is another's or nobody's.
    package func unlock(_ deployment: DeploymentID, id: String) async throws(VaultError) {
        let now = now()
        try await write { [self] transaction in
            let released = try transaction.execute(
                "DELETE FROM state_locks WHERE terraform_deployment_id = \(deployment) AND lock_id = \(id)"
            )
            guard released == 1 else { throw notHeld(id, try held(deployment, in: transaction), at: now) }
        }
    }

    /// Releases the lock held under `id` in the caller's transaction; another's lock, or none, is left as it is.
    package func release(_ deployment: DeploymentID, id: String, in transaction: Transaction) throws {
        try transaction.execute("DELETE FROM state_locks WHERE terraform_deployment_id = \(deployment) AND lock_id = \(id)")
    }

    /// Ends the lock whoever holds it: a person's decision.
    ///
    /// The holder can't renew it. It may still write until the next one takes the lock, which then shuts it out by a larger fence.
    ///
    /// - Parameters:
    ///   - deployment: Whose state.
    ///   - alongside: Runs in the same transaction, with what was ended: for the audit.
    /// - Returns: What was ended; nil when there was none.
    /// - Throws: ``VaultError/Reason/storage(_:)``; ``VaultError/Reason/refused`` for what `alongside` throws.
    @discardableResult
    package func forceUnlock(
        _ deployment: DeploymentID,
        alongside: @escaping @Sendable (StateLock, Transaction) throws -> Void = { _, _ in }
    ) async throws(VaultError) -> StateLock? {
        try await write { [self] transaction in
            guard let lock = try held(deployment, in: transaction), !lock.wasEnded else { return nil }
            // The row stays, as nobody's and long over: its next taker thereby knows that someone may still write.
            try transaction.execute(
                """
                UPDATE state_locks SET lock_id = \(StateLock.endedPrefix + lock.id), expires_at = 0
                WHERE terraform_deployment_id = \(deployment) AND lock_id = \(lock.id)
                """
            )
            try alongside(lock, transaction)
            return lock
        }
    }

    /// Who holds the lock; nil when nobody does or it is expired.
    package func currentLock(of deployment: DeploymentID) async throws(VaultError) -> StateLock? {
        let now = now()
        let lock = try await read { [self] transaction in try held(deployment, in: transaction) }
        return lock.flatMap { $0.isOver(at: now) ? nil : $0 }
    }

    // MARK: - Details

    func notHeld(_ id: String, _ current: StateLock?, at now: Date) -> VaultError {
        VaultError(.lockNotHeld(id: id, current: current.flatMap { $0.isOver(at: now) ? nil : $0 }))
    }

    /// A fence that is larger than every one before, of jobs and of locks, made the smallest that may still write.
    private func drawFence(for deployment: DeploymentID, above stored: Fence, in transaction: Transaction) throws -> Fence {
        try transaction.execute(
            """
            UPDATE job_fences
            SET last_fence = 1 + CASE WHEN last_fence > \(stored) THEN last_fence ELSE \(stored) END
            WHERE id = 1
            """
        )
        guard let row = try transaction.first("SELECT last_fence FROM job_fences WHERE id = 1") else {
            throw VaultError(.noDeployment(deployment))
        }
        let fence: Fence = try row.value("last_fence")
        try claim(deployment, fence: fence, in: transaction)
        return fence
    }

    func held(_ deployment: DeploymentID, in transaction: Transaction) throws -> StateLock? {
        try transaction.first(
            """
            SELECT \(sql: StateLock.columns)
            FROM state_locks
            WHERE terraform_deployment_id = \(deployment)
            """
        ).map { try StateLock($0) }
    }
}

package import Domain
internal import FoundationEssentials
package import Storage

/// Takes locks of states for those who hold them for a while: waits for them, renews them, and asks a front first when there is one.
///
/// The database is the judge. The front only spares it the tries that can't succeed.
package struct StateLocks: Sendable {
    private let vault: StateVault
    private let front: (any LockFront)?

    package init(vault: StateVault, front: (any LockFront)? = nil) {
        self.vault = vault
        self.front = front
    }

    /// Takes the lock, or renews one that is held under the same id.
    ///
    /// - Parameters:
    ///   - request: Who, and for how long without a heartbeat.
    ///   - wait: How long to wait while another holds it.
    /// - Returns: The lock, with the fence that its holder writes with.
    /// - Throws: ``VaultError/Reason/locked(_:)`` with the holder when the wait is over,
    ///   ``VaultError/Reason/staleFence(stored:offered:)``, ``VaultError/Reason/noDeployment(_:)``.
    package func take(_ request: LockRequest, waiting wait: LockWait = .none) async throws(VaultError) -> StateLock {
        let start = ContinuousClock.now
        var attempt = 0
        while true {
            do throws(VaultError) {
                return try await takeNow(request)
            } catch {
                guard case .locked = error.reason,
                    let pause = wait.pause(after: attempt, waited: .now - start, jitter: .random(in: 0...1))
                else { throw error }
                attempt += 1
                let refusal = error
                // Cancelled: who holds it is said at once.
                do { try await Task.sleep(for: pause) } catch { throw refusal }
            }
        }
    }

    /// Holds a lock while `body` runs: renews it three times in its lifetime.
    ///
    /// When it is lost, `body` goes on: what it writes is refused by its fence as soon as another has taken the lock.
    ///
    /// - Parameters:
    ///   - request: As the lock was taken.
    ///   - lost: Called once when the lock can't be renewed any more, with who has it.
    ///   - body: What is done meanwhile; releases the lock itself, or leaves it to ``release(_:id:)``.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func keeping<T: Sendable>(
        _ request: LockRequest,
        lost: @escaping @Sendable (StateLock?) -> Void = { _ in },
        _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                await renew(request, lost: lost)
                return nil
            }
            group.addTask(operation: body)
            defer { group.cancelAll() }
            for try await value in group {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// Takes the lock, does something under it, and releases it.
    ///
    /// - Throws: As ``take(_:waiting:)`` does; what `body` throws.
    package func holding<T: Sendable>(
        _ request: LockRequest,
        waiting wait: LockWait = .none,
        _ body: @escaping @Sendable (StateLock) async throws -> T
    ) async throws -> T {
        let lock = try await take(request, waiting: wait)
        let result: Result<T, any Error>
        do { result = .success(try await keeping(request) { try await body(lock) }) } catch { result = .failure(error) }
        // Taken over meanwhile, or the database is away: it is over by itself then.
        try? await release(request.deployment, id: request.id)
        return try result.get()
    }

    /// Releases the lock held under `id`.
    ///
    /// - Throws: ``VaultError/Reason/lockNotHeld(id:current:)`` when it is another's or nobody's.
    package func release(_ deployment: DeploymentID, id: String) async throws(VaultError) {
        // The row first: while only the note is left, nobody is let in who should not be.
        try await vault.unlock(deployment, id: id)
        await front?.release(Self.key(deployment), by: id)
    }

    /// Ends the lock whoever holds it: a person's decision; see ``StateVault/forceUnlock(_:alongside:)``.
    @discardableResult
    package func end(
        _ deployment: DeploymentID,
        alongside: @escaping @Sendable (StateLock, Transaction) throws -> Void = { _, _ in }
    ) async throws(VaultError) -> StateLock? {
        let ended = try await vault.forceUnlock(deployment, alongside: alongside)
        await front?.clear(Self.key(deployment))
        return ended
    }

    /// Removes the note of a lock whose row was removed in a transaction of the caller's.
    package func forget(_ deployment: DeploymentID, id: String) async { await front?.release(Self.key(deployment), by: id) }

    // MARK: - Details

    static func key(_ deployment: DeploymentID) -> String { "slipway:state-lock:\(deployment)" }

    /// How long the front notes a lock: behind a note that is over stands the row.
    private func noteLifetime(_ request: LockRequest) -> Duration { request.lifetime ?? LockRequest.standardLifetime }

    private func takeNow(_ request: LockRequest) async throws(VaultError) -> StateLock {
        let key = Self.key(request.deployment)
        let noted = await front?.take(key, by: request.id, for: noteLifetime(request))
        if noted == .some(false), let current = try await vault.currentLock(of: request.deployment), current.id != request.id {
            throw VaultError(.locked(current))
        }
        // Noted, or nobody to ask, or a note that no row stands behind: the row decides.
        do throws(VaultError) {
            let lock = try await vault.lock(
                request.deployment,
                id: request.id,
                holder: request.holder,
                reason: request.reason,
                info: request.info,
                fence: request.fence,
                lifetime: request.lifetime
            )
            if noted != .some(true) { await front?.extend(key, by: request.id, for: noteLifetime(request)) }
            return lock
        } catch {
            if noted == .some(true) { await front?.release(key, by: request.id) }
            throw error
        }
    }

    private func renew(_ request: LockRequest, lost: @Sendable (StateLock?) -> Void) async {
        guard let lifetime = request.lifetime else { return }
        while !Task.isCancelled {
            do { try await Task.sleep(for: lifetime / 3) } catch { return }
            do throws(VaultError) {
                try await vault.renew(request.deployment, id: request.id, lifetime: lifetime)
                await front?.extend(Self.key(request.deployment), by: request.id, for: noteLifetime(request))
            } catch {
                // The database being away is no loss yet: the next beat tries again.
                guard case .lockNotHeld(_, let current) = error.reason else { continue }
                if !Task.isCancelled { lost(current) }
                return
            }
        }
    }
}

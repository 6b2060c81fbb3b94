internal import Domain
internal import Events
internal import Jobs
internal import StateVault
internal import Storage
internal import Terraform

/// Brings every state that Terraform writes during one command into the vault, and its last one for good.
actor StateKeeper {
    private let attempt: RunAttempt
    private let workspace: Workspace
    private var end: FollowedEnd?

    init(attempt: RunAttempt, workspace: Workspace) {
        self.attempt = attempt
        self.workspace = workspace
    }

    /// Follows the state file while `body` runs Terraform.
    func keeping(_ body: @Sendable () async throws -> RunExit) async throws -> RunExit {
        let attempt = attempt
        let copy = (folder: workspace.folder, name: Workspace.stateCopyName)
        let follower = try StateFollower(folder: workspace.states, copy: copy, known: try workspace.state()) { state in
            if let saved = try await attempt.save(state, as: .intermediate, summary: nil) { try await attempt.announce(saved) }
        }
        let (result, end) = await withTaskGroup(of: Void.self) { group in
            // Ends with finish().
            group.addTask { await follower.run() }
            let result: Result<RunExit, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            let end = await follower.finish()
            await group.waitForAll()
            return (result, end)
        }
        self.end = end
        return try result.get()
    }

    /// Stores the last state as the version that stays.
    ///
    /// - Returns: The newest state; nil when there never was one.
    /// - Throws: ``JobFailure`` when the file is torn; ``VaultError`` when the vault refuses it.
    @discardableResult
    func keepFinal(summary: ChangeSummary?) async throws -> StateDocument? {
        guard let end, let last = end.last else { return nil }
        do {
            if let saved = try await attempt.save(last, as: .final, summary: summary) { try await attempt.announce(saved) }
        } catch {
            attempt.tracker.miss()
            throw error
        }
        attempt.tracker.keep(last.document.managedAddresses)
        if end.isTorn {
            try await attempt.recorder.record(
                [.log(LogLine(level: "warn", text: "The state file is cut off or was replaced; the last whole one is kept."))],
                text: "The state file is cut off or was replaced; the last whole one is kept.\n"
            )
        }
        return last.document
    }

    /// Reads the stored state back, and compares it with what Terraform wrote.
    ///
    /// - Throws: ``JobFailure`` when they differ, or a resource that was reported done is missing.
    func verify() async throws {
        guard let end else { return }
        guard !end.isTorn else {
            let explanation = "Terraform succeeded, and where its state should be there is something else: the last whole one is kept."
            throw JobFailure(.conflict, message: explanation, code: "state_replaced")
        }
        guard let written = end.last else { return }
        let stored = try await attempt.services.vault.load(attempt.deployment.id)
        guard let stored, try StateDocument.areEqualButForChecks(stored.bytes, written.bytes) else {
            throw JobFailure(.stateRefused, message: "The stored state is not the one that Terraform wrote; run the deploy again.")
        }
        let addresses = Set(written.document.resources.map(\.address))
        let findings = CrashFindings(events: attempt.tracker.resources, stateAddresses: addresses)
        guard findings.unrecorded.isEmpty else {
            throw JobFailure(.conflict, message: findings.explanation(project: attempt.deployment.project), code: "unrecorded_resources")
        }
    }
}

extension RunAttempt {
    /// Stores a state, from whoever still holds the lease.
    func save(_ state: FollowedState, as kind: StateKind, summary: ChangeSummary?) async throws -> StateVersion? {
        let context = context
        return try await services.vault.save(
            state,
            for: deployment.id,
            as: kind,
            fence: fence,
            job: job,
            author: services.worker,
            changeSummary: summary?.description,
            guarding: { transaction in try context.check(in: transaction) }
        )
    }

    func announce(_ version: StateVersion) async throws {
        let report = StateReport(version: Int64(version.version), serial: version.serial, resources: version.resourceCount)
        try await recorder.record([.stateSaved(report)])
    }
}

extension StateDocument {
    /// What counts as a resource of the deployment's: no data sources, no objects that are only left to be destroyed.
    var managedAddresses: [String] { resources.filter { $0.isManaged && !$0.isDeposed }.map(\.address) }
}

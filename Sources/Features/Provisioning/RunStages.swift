internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Sealing
internal import StateVault
internal import Terraform

/// The stages of a run once its workspace is ready: plan, apply or destroy, verify, end.
struct RunStages: Sendable {
    let attempt: RunAttempt
    let workspace: Workspace
    let settings: RunSettings
    /// What none of the outputs may show to everyone.
    let secrets: RunSecrets

    private var options: RunOptions { attempt.order.options }

    func run() async throws -> JobEnd {
        switch options.action {
        case .plan:
            try await plan(destroy: options.plansDestroy)
            return try await attempt.ends.planned()
        case .refresh:
            try await attempt.enter(.applying, .refresh, RunProgress.applying, "Reading what exists")
            return try await change(.refresh, status: .applying, stage: .refresh, message: "Reading what exists")
        case .deploy, .destroy:
            let isDestroy = options.action == .destroy
            let (status, stage): (DeploymentStatus, JobStage) = isDestroy ? (.destroying, .destroy) : (.applying, .apply)
            let message = isDestroy ? "Destroying resources" : "Provisioning infrastructure"
            if attempt.order.plan != nil {
                try await attempt.enter(status, stage, RunProgress.applying, message)
                return try await change(.applyPlan, status: status, stage: stage, message: message)
            }
            if options.planFirst {
                try await plan(destroy: isDestroy)
                return try await keepPlan()
            }
            try await attempt.enter(.planning, .plan, RunProgress.planning, "Planning changes")
            return try await change(isDestroy ? .destroy : .apply, status: status, stage: stage, message: message)
        }
    }

    // MARK: - Plan

    private func plan(destroy: Bool) async throws {
        try await attempt.enter(.planning, .plan, RunProgress.planning, "Planning changes")
        let exit = try await command(.plan(destroy: destroy))
        guard exit.isSuccess else { throw try await attempt.failure(of: exit) }
        let summary = attempt.tracker.planned ?? ChangeSummary()
        try await attempt.recorder.advance(progress: RunProgress.planned, message: "Plan: \(summary)")
    }

    /// Seals the plan and waits for a decision; a plan that changes nothing needs none.
    private func keepPlan() async throws -> JobEnd {
        let summary = attempt.tracker.planned ?? ChangeSummary()
        guard !summary.isEmpty, let plan = try workspace.plan() else {
            return try await change(.applyPlan, status: .applying, stage: .apply, message: "Nothing to change")
        }
        let context = SealContext.plan(attempt.job)
        let sealed = try Envelope.seal(plan, with: attempt.services.keyring, context: context, compress: false)
        return try await attempt.ends.awaitingApproval(sealed: sealed, summary: summary)
    }

    // MARK: - Change

    /// Runs a command that changes the cloud, with the state followed into the vault.
    private func change(
        _ terraformCommand: TerraformCommand,
        status: DeploymentStatus,
        stage: JobStage,
        message: String
    ) async throws -> JobEnd {
        let keeper = StateKeeper(attempt: attempt, workspace: workspace)
        let exit = try await keeper.keeping {
            try await command(terraformCommand, applying: (status, stage, message))
        }
        guard exit.isSuccess else {
            try await keeper.keepFinal(summary: attempt.tracker.applied)
            if let stop = try await attempt.stopped(exit) { throw stop }
            // A failure takes along what is buffered, and a roll-back makes another failure of it.
            try await attempt.recorder.flush()
            throw try await rolledBack(attempt.failed(exit))
        }
        try await attempt.enter(.verifying, .verify, RunProgress.verifying, "Verifying the state")
        let state = try await keeper.keepFinal(summary: attempt.tracker.applied)
        try await keeper.verify()
        return try await attempt.ends.completed(state: state, secrets: secrets)
    }

    /// Runs a command, and once more after a real `init` when the prepared workspace did not serve it.
    private func command(
        _ terraformCommand: TerraformCommand,
        applying: (status: DeploymentStatus, stage: JobStage, message: String)? = nil
    ) async throws -> RunExit {
        let session = TerraformSession(attempt: attempt, workspace: workspace, settings: settings, applying: applying)
        let exit = try await session.run(terraformCommand)
        guard exit.needsInitialization, attempt.context.stop.reason == nil else { return exit }
        try await attempt.initialize(workspace, settings)
        try await attempt.enter(.planning, .plan, RunProgress.planning, "Planning changes")
        return try await session.run(terraformCommand)
    }

    // MARK: - Roll back

    /// Destroys what the deployment made when this was its last attempt and a rollback was asked for.
    private func rolledBack(_ failure: JobFailure) async throws -> JobFailure {
        guard options.rollbackOnFailure, options.action == .deploy, !failure.isTransient || attempt.context.job.isFinalAttempt else {
            return failure
        }
        try await attempt.enter(.rollingBack, .rollback, RunProgress.applying, "Rolling back: destroying what was made")
        let keeper = StateKeeper(attempt: attempt, workspace: workspace)
        let exit = try await keeper.keeping {
            try await command(.destroy, applying: (.rollingBack, .rollback, "Rolling back: destroying what was made"))
        }
        let state = try await keeper.keepFinal(summary: attempt.tracker.applied)
        return try await attempt.ends.rolledBack(after: failure, exit: exit, state: state)
    }
}

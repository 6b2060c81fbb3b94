internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import StateVault
internal import Storage
internal import Terraform

/// The ways in which an attempt ends: each is one transaction that moves job, deployment, outputs, usage and events together.
struct RunEnds: Sendable {
    let attempt: RunAttempt

    private var services: ProvisioningServices { attempt.services }
    private var deployment: Deployment { attempt.deployment }

    /// A plan was made and shown; nothing else happens.
    func planned() async throws -> JobEnd {
        let summary = attempt.tracker.planned ?? ChangeSummary()
        let message = summary.isEmpty ? "No changes: the infrastructure matches the configuration." : "Plan: \(summary)."
        let finish = finish(.completed, .plan, message, summary: summary)
        let before = deployment
        return .completed(
            result: try result(message, summary: summary),
            alongside: try await alongside([.finished(finish)], message) { services, now, transaction in
                // A plan leaves the deployment as it was.
                try services.deployments.end(
                    before.id,
                    status: before.status.isBusy ? .pending : before.status,
                    stage: .completed,
                    progress: before.progress,
                    message: message,
                    error: before.errorMessage,
                    now: now,
                    in: transaction
                )
                try services.deployments.setPlanSummary(summary, of: before.id, in: transaction)
            }
        )
    }

    /// The plan is kept until someone decides.
    func awaitingApproval(sealed: [UInt8], summary: ChangeSummary) async throws -> JobEnd {
        let until = services.now() + (services.approvalTime / .seconds(1))
        let message = "Plan: \(summary); it waits for approval."
        let finish = finish(.scheduled, .approval, message, summary: summary, until: until)
        let (job, id) = (attempt.job, deployment.id)
        return .suspended(
            until: until,
            stage: .approval,
            alongside: try await alongside([.finished(finish)], message, isOver: false) { services, now, transaction in
                try services.runs.keepPlan(sealed, summary: summary, of: job, expiresAt: until, in: transaction)
                try services.deployments.setPlanSummary(summary, of: id, in: transaction)
                try services.deployments.update(
                    id,
                    status: .awaitingApproval,
                    stage: .approval,
                    progress: RunProgress.planned,
                    message: message,
                    now: now,
                    in: transaction
                )
            }
        )
    }

    /// Everything was done, and the vault has the state.
    ///
    /// An output that holds one of the secrets is treated as a sensitive one.
    func completed(state: StateDocument?, secrets: RunSecrets) async throws -> JobEnd {
        let action = attempt.order.options.action
        let isDestroy = action == .destroy
        // Reading what exists makes a failed deploy no better.
        let hasOutcome = !deployment.status.isBusy && deployment.status != .pending
        let outcome = hasOutcome ? deployment.status : .completed
        let status: DeploymentStatus = isDestroy ? .destroyed : action == .refresh ? outcome : .completed
        let error = action == .refresh ? deployment.errorMessage : nil
        let outputs = secrets.guarded(state.map(OutputJSON.outputs) ?? [:])
        let sealed = try DeploymentOutputs(database: services.database, keyring: services.keyring)
            .sealed(outputs, project: deployment.project, organization: deployment.sealingName)
        try await attempt.recorder.advance(progress: RunProgress.reading, message: "Reading outputs")
        let summary = attempt.tracker.applied ?? attempt.tracker.planned ?? ChangeSummary()
        let message = Self.sentence(for: action, summary)
        let finish = finish(.completed, .completed, message, summary: summary)
        let events: [JobEvent] = isDestroy ? [.finished(finish)] : [.outputs(OutputJSON.hidden(outputs)), .finished(finish)]
        let addresses = state?.managedAddresses ?? []
        let provider = MachineType.provider(of: addresses)
        let (id, before, job) = (deployment.id, deployment, attempt.job)
        return .completed(
            result: try result(message, summary: summary),
            alongside: try await alongside(events, message) { services, now, transaction in
                try services.deployments.end(
                    id,
                    status: status,
                    stage: .completed,
                    progress: RunProgress.done,
                    message: message,
                    error: error,
                    now: now,
                    in: transaction
                )
                try services.deployments.setPlanSummary(summary, of: id, in: transaction)
                try services.deployments.setOutputs(sealed.data, sealed: sealed.sealed, of: id, in: transaction)
                try services.usage.record(addresses: addresses, of: id, now: now, in: transaction)
                if let provider { try services.deployments.setProvider(provider, of: id, in: transaction) }
                guard action == .deploy || isDestroy else { return }
                let ended = RunSequel.Ended(deployment: before, job: job, action: action, isGone: isDestroy)
                try services.sequel.settle(ended, now, transaction)
            }
        )
    }

    /// A person's wish, a shutdown or the time limit ended it; the vault has what exists.
    func stopped(_ reason: StopReason, explanation: String) async throws -> JobEnd {
        let (id, addresses) = (deployment.id, attempt.tracker.addresses)
        guard case .shutdown = reason else {
            let message = "Cancelled. \(explanation)"
            let finish = finish(.cancelled, .cancelled, message, summary: attempt.tracker.applied)
            return .cancelled(
                alongside: try await alongside([.finished(finish)], message) { services, now, transaction in
                    try services.deployments.end(
                        id,
                        status: .cancelled,
                        stage: .cancelled,
                        progress: RunProgress.applying,
                        message: message,
                        error: nil,
                        now: now,
                        in: transaction
                    )
                    if let addresses { try services.usage.record(addresses: addresses, of: id, now: now, in: transaction) }
                }
            )
        }
        let message = "The worker shuts down; another goes on with it. \(explanation)"
        return .handedBack(
            alongside: try await alongside([.finished(finish(.pending, .queued, message))], message, isOver: false) {
                services,
                now,
                transaction in
                try services.deployments.update(
                    id,
                    status: .pending,
                    stage: .queued,
                    progress: 0,
                    message: message,
                    now: now,
                    in: transaction
                )
                if let addresses { try services.usage.record(addresses: addresses, of: id, now: now, in: transaction) }
            }
        )
    }

    /// The attempt failed; whether another follows is the queue's decision, told to the writes.
    ///
    /// - Parameters:
    ///   - reason: Decides about a retry.
    ///   - code: Finer than the class.
    ///   - message: All of it, for the job's row and the log.
    ///   - brief: One sentence, when events have said the rest already.
    /// - Returns: What the attempt throws.
    func failure(_ reason: FailureClass, code: String?, message: String, brief: String? = nil) async -> JobFailure {
        let (id, addresses) = (deployment.id, attempt.tracker.addresses)
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return JobFailure(reason, message: message, code: code) { transaction, willRetry in
            let now = attempt.services.now()
            let status: JobStatus = willRetry ? .retrying : .failed
            let finish = FinishReport(
                status: status,
                stage: willRetry ? .queued : .failed,
                message: brief ?? message,
                elapsedSeconds: now.timeIntervalSince(attempt.began)
            )
            try attempt.services.vault.release(id, id: attempt.job.rawValue, in: transaction)
            if let addresses { try attempt.services.usage.record(addresses: addresses, of: id, now: now, in: transaction) }
            if willRetry {
                try attempt.services.deployments.update(
                    id,
                    status: .pending,
                    stage: .queued,
                    progress: 0,
                    message: "Attempt \(attempt.context.job.attempt) failed and will be repeated: \(message)",
                    now: now,
                    in: transaction
                )
            } else {
                try attempt.services.deployments.end(
                    id,
                    status: .failed,
                    stage: .failed,
                    progress: RunProgress.applying,
                    message: nil,
                    error: message,
                    now: now,
                    in: transaction
                )
                try attempt.services.runs.wipe(attempt.job, in: transaction)
            }
            try attempt.append(events + [.finished(finish)], text: text + "\(message)\n", after: last, now: now, in: transaction)
        }
    }

    /// The deployment failed for good, and what it had made was destroyed, as far as that went.
    func rolledBack(after failure: JobFailure, exit: RunExit, state: StateDocument?) async throws -> JobFailure {
        let id = deployment.id
        let left = state?.managedAddresses ?? []
        let isClean = exit.isSuccess && left.isEmpty
        let rest = left.count == 1 ? "1 resource is" : "\(left.count) resources are"
        let end =
            isClean
            ? "Everything it had made was destroyed again."
            : "Rolling back failed too: \(rest) left; `slipway destroy --project \(deployment.project)` tries again."
        let message = "\(failure.message)\n\(end)"
        let brief = "The deploy failed. \(end)"
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return JobFailure(failure.reason, message: message, code: failure.code) { transaction, _ in
            let now = attempt.services.now()
            let finish = FinishReport(
                status: .failed,
                stage: .rollback,
                // Diagnostics have said the rest already.
                message: brief,
                elapsedSeconds: now.timeIntervalSince(attempt.began)
            )
            try attempt.services.vault.release(id, id: attempt.job.rawValue, in: transaction)
            try attempt.services.deployments.end(
                id,
                status: isClean ? .rolledBack : .failed,
                stage: isClean ? .rollback : .failed,
                progress: RunProgress.done,
                message: nil,
                error: message,
                now: now,
                in: transaction
            )
            try attempt.services.usage.record(addresses: left, of: id, now: now, in: transaction)
            if isClean {
                let ended = RunSequel.Ended(deployment: attempt.deployment, job: attempt.job, action: .deploy, isGone: true)
                try attempt.services.sequel.settle(ended, now, transaction)
            }
            try attempt.services.runs.wipe(attempt.job, in: transaction)
            try attempt.append(events + [.finished(finish)], text: text + "\(message)\n", after: last, now: now, in: transaction)
        }
    }

    // MARK: - Details

    private static func sentence(for action: RunAction, _ summary: ChangeSummary) -> String {
        switch action {
        case .refresh: "The state is up to date with what exists."
        case .destroy where summary.isEmpty: "There was nothing to destroy."
        case .destroy: "Destroyed \(summary.destroy == 1 ? "1 resource" : "\(summary.destroy) resources")."
        case .deploy, .plan:
            summary.isEmpty ? "No changes: the infrastructure matches the configuration." : "Infrastructure provisioning complete."
        }
    }

    private func finish(
        _ status: JobStatus,
        _ stage: JobStage,
        _ message: String,
        summary: ChangeSummary? = nil,
        until: Date? = nil
    ) -> FinishReport {
        FinishReport(
            status: status,
            stage: stage,
            message: message,
            summary: summary,
            elapsedSeconds: services.now().timeIntervalSince(attempt.began),
            until: until?.timeIntervalSince1970
        )
    }

    private struct Result: Encodable {
        let message: String
        let summary: ChangeSummary
    }

    private func result(_ message: String, summary: ChangeSummary) throws -> String {
        String(decoding: try JSONEncoder().encode(Result(message: message, summary: summary)), as: UTF8.self)
    }

    /// The transaction that ends the attempt: what the recorder still holds, the last events, and `writes`.
    private func alongside(
        _ final: [JobEvent],
        _ message: String,
        isOver: Bool = true,
        writes: @escaping @Sendable (ProvisioningServices, Date, Transaction) throws -> Void
    ) async throws -> JobEnd.Alongside {
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return { transaction in
            let now = attempt.services.now()
            try writes(attempt.services, now, transaction)
            try attempt.services.vault.release(attempt.deployment.id, id: attempt.job.rawValue, in: transaction)
            if isOver { try attempt.services.runs.wipe(attempt.job, in: transaction) }
            // Last: it tells what the deployment's row says by then, and locks its channels.
            try attempt.append(events + final, text: text + "\(message)\n", after: last, now: now, in: transaction)
        }
    }
}

extension RunAttempt {
    var ends: RunEnds { RunEnds(attempt: self) }

    /// Appends to the job's events inside a transaction that ends the attempt.
    func append(_ events: [JobEvent], text: String, after ordinal: Int64, now: Date, in transaction: Transaction) throws {
        try services.journal.append(
            events,
            text: text,
            to: context.job,
            of: deployment.id,
            after: ordinal,
            at: now,
            in: transaction
        )
    }
}

package import Domain
internal import Events
internal import FoundationEssentials
package import Jobs
internal import Log
internal import StateVault
package import Storage

/// Does the jobs of one action on deployments.
package struct ProvisioningHandler: JobHandler {
    private let action: RunAction
    private let services: ProvisioningServices

    package init(_ action: RunAction, services: ProvisioningServices) {
        self.action = action
        self.services = services
    }

    /// One handler for each action.
    package static func all(_ services: ProvisioningServices) -> [ProvisioningHandler] {
        RunAction.allCases.map { ProvisioningHandler($0, services: services) }
    }

    package var kind: String { action.rawValue }

    package func run(_ context: JobContext) async throws -> JobEnd {
        let order: RunOrder
        do {
            order = try await RunOrder.read(context, services)
        } catch let failure as JobFailure where failure.code == RunOrder.planExpired {
            let (services, job) = (services, context.job)
            return .cancelled { try Self.end(job, as: .cancelled, message: failure.message, services, in: $0) }
        } catch {
            throw try await unreadable(error, context)
        }
        let recorder = RunRecorder(context: context, deployment: order.deployment.id, lastOrdinal: order.lastOrdinal, clock: services.now)
        let attempt = RunAttempt(
            context: context,
            services: services,
            order: order,
            recorder: recorder,
            tracker: RunTracker(keptChanges: order.plan == nil ? 0 : order.plannedChanges),
            began: services.now()
        )
        return try await attempt.run()
    }

    /// The order itself can't be read: the deployment says so too.
    private func unreadable(_ error: any Error, _ context: JobContext) async throws -> any Error {
        let failure = error as? JobFailure ?? JobFailure(.validation, message: "\(error)")
        let (services, job) = (services, context.job)
        return JobFailure(failure.reason, message: failure.message, code: failure.code) { transaction, willRetry in
            guard !willRetry else { return }
            try Self.end(job, as: .failed, message: failure.message, services, in: transaction)
        }
    }

    package func lost(_ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws {
        guard let deployment = try services.deployments.deployment(ofJob: job.id, in: transaction) else { return }
        try services.vault.release(deployment.id, id: job.id.rawValue, in: transaction)
        guard status.isFinal else {
            // No `finished` event: the next attempt reads what this one had in flight.
            try services.deployments.update(
                deployment.id,
                status: .pending,
                stage: .queued,
                progress: 0,
                message: "The worker was lost; another takes the job up.",
                now: services.now(),
                in: transaction
            )
            try services.journal.announce(deployment.id, of: job, at: services.now(), in: transaction)
            return
        }
        let message =
            status == .cancelled
            ? "Cancelled; its worker was lost." : "The worker was lost in every attempt; `slipway logs \(job.id)` shows how far they came."
        try Self.end(job, as: status, message: message, services, in: transaction)
    }

    /// Ends the deployment's part of a job that no attempt can end.
    private static func end(
        _ job: JobRecord,
        as status: JobStatus,
        message: String,
        _ services: ProvisioningServices,
        in transaction: Transaction
    ) throws {
        let now = services.now()
        let deployment = try services.deployments.deployment(ofJob: job.id, in: transaction)
        // What another job has made of the deployment since is not this one's to cancel.
        if let deployment, status != .cancelled || deployment.lastJob == job.id {
            try services.deployments.end(
                deployment.id,
                status: status == .cancelled ? .cancelled : .failed,
                stage: status == .cancelled ? .cancelled : .failed,
                progress: deployment.progress,
                message: message,
                error: status == .cancelled ? nil : message,
                now: now,
                in: transaction
            )
        }
        try services.runs.wipe(job.id, in: transaction)
        try services.journal.append(
            [.finished(FinishReport(status: status, stage: status == .cancelled ? .cancelled : .failed, message: message))],
            text: "\(message)\n",
            to: job,
            of: deployment?.id,
            after: try services.events.lastOrdinal(of: job.id, in: transaction),
            at: now,
            in: transaction
        )
    }
}

internal import Audit
internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Provisioning
internal import Storage

/// The ways in which an attempt ends: each is one transaction that moves job, deployment, servers and events together.
struct RegistrationEnds: Sendable {
    let attempt: RegistrationAttempt

    private var services: RegistrationServices { attempt.services }

    /// Every server was tried.
    ///
    /// - Throws: ``JobFailure`` when at least one is not ready.
    func ended(_ results: [RegistrationAttempt.Enrolled]) async throws -> JobEnd {
        let failed = results.filter { $0.failure != nil }
        guard failed.isEmpty else {
            let isTransient = failed.contains { $0.failure?.isTransient ?? false }
            let code = failed.compactMap { $0.failure?.findings.first?.check.rawValue }.first
            throw await failure(isTransient ? .network : .validation, code: code, message: Self.sentence(failed, of: results.count))
        }
        let message =
            results.isEmpty
            ? "The outputs name no servers: there is nothing to register."
            : results.count == 1 ? "The server \(results[0].server.name) is ready." : "All \(results.count) servers are ready."
        let result = "{\"servers\":[\(results.map { "\($0.server.id)" }.joined(separator: ","))]}"
        return .completed(
            result: result,
            alongside: await alongside(.completed, as: .completed, stage: .completed, message)
        )
    }

    /// One sentence for one server, a list for several.
    private static func sentence(_ failed: [RegistrationAttempt.Enrolled], of total: Int) -> String {
        if total == 1, let failure = failed[0].failure { return failure.text }
        let head =
            failed.count == total
            ? "None of the \(total) servers is ready:"
            : "\(failed.count) of \(total) servers \(failed.count == 1 ? "is" : "are") not ready:"
        return head + failed.map { "\n  \($0.server.name) (\($0.server.place)): \($0.failure?.text ?? "")" }.joined()
    }

    /// A person's wish, a shutdown or the time limit ended it.
    func stopped(_ reason: StopReason) async throws -> JobEnd {
        switch reason {
        case .shutdown:
            let message = "The worker shuts down; another goes on with it."
            return .handedBack(alongside: await alongside(.pending, as: .pending, stage: .queued, message))
        case .cancelled(let person), .forced(let person):
            let message = "\(person) cancelled the registration."
            return .cancelled(alongside: await alongside(.cancelled, as: .cancelled, stage: .cancelled, message))
        case .timedOut:
            let limit = Int(clamping: attempt.context.job.timeout / .seconds(1))
            throw await failure(
                .timedOut,
                code: nil,
                message: "The registration took longer than \(limit) seconds; see which server holds it up, and register again."
            )
        case .leaseLost: throw JobStopped(reason: reason)
        }
    }

    /// Another registration took over, or the deployment is gone: nothing of the deployment's is written.
    func superseded() async -> JobEnd {
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return .cancelled { transaction in
            let message = "The registration ended: a newer one took over, or the deployment is gone."
            try attempt.services.journal.append(
                events + [.finished(FinishReport(status: .cancelled, stage: .cancelled, message: message))],
                text: text + "\(message)\n",
                to: attempt.context.job,
                of: attempt.order.deployment,
                after: last,
                at: attempt.services.now(),
                in: transaction
            )
        }
    }

    /// The attempt failed; whether another follows is the queue's decision, told to the writes.
    func failure(_ reason: FailureClass, code: String?, message: String) async -> JobFailure {
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return JobFailure(reason, message: message, code: code) { transaction, willRetry in
            let (services, job, now) = (attempt.services, attempt.context.job, attempt.services.now())
            let deployment = attempt.order.deployment
            let isOurs = try services.queue.move(
                deployment,
                job: job.id,
                to: willRetry ? .pending : .failed,
                error: message,
                at: now,
                in: transaction
            )
            var news: [NewBroadcast] = []
            if isOurs, !willRetry {
                try Self.leave(deployment, message, services, at: now, in: transaction)
                if let organization = job.organization {
                    news.append(try ServerBroadcast.failed(message, of: deployment, organization, at: now))
                    try AuditLog().append(
                        "registration.failed",
                        of: "deployment:\(deployment)",
                        by: attempt.order.requestedBy,
                        organization: organization,
                        details: ["job": job.id.rawValue, "error": message],
                        at: now,
                        in: transaction
                    )
                }
            }
            let finish = FinishReport(
                status: willRetry ? .retrying : .failed,
                stage: willRetry ? .queued : .failed,
                message: message,
                elapsedSeconds: now.timeIntervalSince(attempt.began)
            )
            try services.journal.append(
                events + [.finished(finish)],
                text: text + "\(message)\n",
                news: news,
                to: job,
                of: deployment,
                after: last,
                at: now,
                in: transaction
            )
        }
    }

    // MARK: - Details

    /// Servers that nobody works on any more don't say that somebody does.
    static func leave(
        _ deployment: DeploymentID,
        _ message: String,
        _ services: RegistrationServices,
        at now: Date,
        in transaction: Transaction
    ) throws {
        try transaction.execute(
            """
            UPDATE servers SET status = \(ServerStatus.error), error_message = \(message), updated_at = \(now)
            WHERE terraform_deployment_id = \(deployment) AND status IN ('registering', 'reachable')
            """
        )
    }

    private func alongside(
        _ registration: RegistrationStatus,
        as status: JobStatus,
        stage: JobStage,
        _ message: String
    ) async -> JobEnd.Alongside {
        let (events, text, last) = await attempt.recorder.drain()
        let attempt = attempt
        return { transaction in
            let (services, job, now) = (attempt.services, attempt.context.job, attempt.services.now())
            let deployment = attempt.order.deployment
            let isOurs = try services.queue.move(deployment, job: job.id, to: registration, at: now, in: transaction)
            if isOurs, registration == .cancelled {
                try Self.leave(deployment, message, services, at: now, in: transaction)
            }
            let finish = FinishReport(
                status: status,
                stage: stage,
                message: message,
                elapsedSeconds: now.timeIntervalSince(attempt.began)
            )
            try services.journal.append(
                events + [.finished(finish)],
                text: text + "\(message)\n",
                to: job,
                of: deployment,
                after: last,
                at: now,
                in: transaction
            )
        }
    }
}

internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs

/// Makes announcements of one batch of a job's events.
struct RunAnnouncer {
    /// Where a deployment stands, as its row says.
    struct Place {
        var status: DeploymentStatus
        var stage: String
        var progress: Int
        var message: String
    }

    private let job: JobRecord
    private let deployment: DeploymentID
    private let timestamp: String
    /// The outputs come right before the end.
    private var outputs: [String: OutputValue] = [:]

    init(job: JobRecord, deployment: DeploymentID, at now: Date) {
        self.job = job
        self.deployment = deployment
        timestamp = now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// What the organization hears of an event.
    ///
    /// - Parameters:
    ///   - event: In the order of the job.
    ///   - place: For an event that ends an attempt, where the deployment stands then.
    /// - Returns: Nothing, for most events.
    mutating func announcements(for event: JobEvent, place: Place?) -> [RunAnnouncement] {
        switch event {
        case .stage(let report):
            // The plan's totals have said it already.
            if report.stage == .plan, report.progress == RunProgress.planned { return [] }
            return [progress(of: report)]
        case .planSummary(let summary):
            let place = Place(status: .planning, stage: JobStage.plan.rawValue, progress: RunProgress.planned, message: "Plan: \(summary)")
            return [progress(place, ["add": summary.add, "change": summary.change, "destroy": summary.destroy])]
        case .outputs(let outputs):
            self.outputs = outputs
            return []
        case .finished(let report): return end(report, place)
        case .environment, .planned, .drift, .resource, .provisioner, .log, .diagnostic, .stateSaved, .server: return []
        }
    }

    /// Where the deployment stands.
    func progress(_ place: Place, _ metadata: [String: Int] = [:]) -> RunAnnouncement {
        .progress(
            RunAnnouncement.Progress(
                deployment: deployment.rawValue,
                status: place.status,
                stage: place.stage,
                progress: place.progress,
                message: place.message,
                metadata: metadata,
                timestamp: timestamp
            )
        )
    }

    private func progress(of report: StageReport) -> RunAnnouncement {
        var metadata: [String: Int] = [:]
        if let created = report.created { metadata["created"] = created }
        if let remaining = report.remaining { metadata["remaining"] = remaining }
        let status = Self.status(in: report.stage)
        return progress(
            Place(status: status, stage: report.stage.rawValue, progress: report.progress, message: report.message),
            metadata
        )
    }

    private func end(_ report: FinishReport, _ place: Place?) -> [RunAnnouncement] {
        if report.status == .failed {
            return [
                .failed(
                    RunAnnouncement.Failed(
                        deployment: deployment.rawValue,
                        error: place?.message ?? report.message,
                        attempt: job.attempt,
                        timestamp: timestamp
                    )
                )
            ]
        }
        guard let place else { return [] }
        let metadata = report.summary.map { ["add": $0.add, "change": $0.change, "destroy": $0.destroy] } ?? [:]
        let last = progress(place, metadata)
        guard report.status == .completed, [RunAction.deploy.rawValue, RunAction.destroy.rawValue].contains(job.kind) else { return [last] }
        let completed = RunAnnouncement.Completed(
            deployment: deployment.rawValue,
            status: place.status,
            outputs: outputs,
            durationSeconds: Int(clamping: (report.elapsedSeconds ?? 0).rounded()),
            timestamp: timestamp
        )
        return [last, .completed(completed)]
    }

    /// The deployment's status while its job is in a stage.
    static func status(in stage: JobStage) -> DeploymentStatus {
        switch stage {
        case .queued: .pending
        case .`init`: .initializing
        case .plan: .planning
        case .approval: .awaitingApproval
        case .apply, .refresh: .applying
        case .destroy: .destroying
        case .verify, .cleanup: .verifying
        case .rollback: .rollingBack
        case .completed, .outputs, .connect, .cloudInit, .keys, .docker, .health, .register: .completed
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }
}

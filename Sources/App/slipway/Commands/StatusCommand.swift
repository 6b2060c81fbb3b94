import API
import Domain
import FoundationEssentials
import Log

/// Runs `slipway status JOB`.
enum StatusCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let installation = try await context.installation()
        if context.command.flag("follow") {
            return try await RunFollower(installation: installation, context: context, job: job).follow(startsWorker: false)
        }
        let document: JobDocument = try await installation.get("jobs", job)
        if context.output.isJSON {
            try context.output.json(document)
        } else {
            show(document, on: context.output)
        }
        return exitCode(of: document)
    }

    /// What a script learns from looking: how the job ended, or that it waits.
    private static func exitCode(of job: JobDocument) -> ExitCode {
        switch JobStatus(rawValue: job.status) {
        case .failed: .failed
        case .cancelled: .cancelled
        case .scheduled where job.stage == JobStage.approval.rawValue: .waitingForApproval
        default: .done
        }
    }

    private static func show(_ job: JobDocument, on output: Output) {
        let now = Date()
        func row(_ name: String, _ value: String?) {
            if let value { output.line(TextWidth.pad(name, to: 12) + Harmless.line(value)) }
        }
        row("job", job.job)
        row("project", job.project)
        row("status", JobStatus(rawValue: job.status)?.isFinal == true ? job.status : "\(job.status), \(job.stage) \(job.progress)%")
        row("message", job.ending ?? job.waits?.text ?? (job.status == JobStatus.completed.rawValue ? nil : job.message))
        if let plan = job.plan, plan.awaitsDecision {
            let rest = plan.expiresAt.map { " (expires in \(HumanText.duration($0.timeIntervalSince(now))))" } ?? ""
            row("plan", "\(plan.summary ?? "") waits for `slipway approve \(job.job)`\(rest)")
        }
        if let decision = job.plan?.decision { row("decision", "\(decision) by \(job.plan?.decidedBy ?? "someone")") }
        row("created", HumanText.relative(job.createdAt, now: now))
        row("started", job.startedAt.map { HumanText.relative($0, now: now) })
        row("finished", job.finishedAt.map { HumanText.relative($0, now: now) })
        row("tags", job.tags.joined(separator: " "))
        for attempt in job.attempts ?? [] {
            let lasted = attempt.startedAt.map { " for \(HumanText.duration((attempt.endedAt ?? now).timeIntervalSince($0)))" } ?? ""
            row("attempt \(attempt.attempt)", "\(attempt.outcome ?? "running")\(lasted) on \(attempt.worker ?? "a worker")")
        }
        if let error = job.errorMessage {
            output.line("")
            for line in error.split(separator: "\n", omittingEmptySubsequences: false) { output.line(Harmless.line(String(line))) }
        }
    }
}

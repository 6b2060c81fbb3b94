import API
import Domain
import Events
import FoundationEssentials
import Jobs
import Provisioning
import Storage

/// Runs `slipway status JOB`.
enum StatusCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let program = try await context.open()
        if context.command.flag("follow") {
            return try await RunFollower(program: program, context: context, job: job).follow(startsWorker: false)
        }
        let found = try await program.database.read { [jobs = program.jobs] transaction in
            try jobs.job(job, in: transaction).map { record in
                (
                    record: record,
                    attempts: try jobs.attempts(of: job, in: transaction),
                    deployment: try DeploymentStore().deployment(ofJob: job, in: transaction),
                    run: try RunStore().run(job, in: transaction),
                    end: try end(of: record, in: transaction),
                    wait: try WaitReason.text(for: record, hasWorker: false, jobs: jobs, now: Date(), in: transaction)
                )
            }
        }
        guard let found else { throw CommandError("There is no job '\(job)'; `slipway jobs` lists those there are.") }
        var document = JobDocument(found.record)
        document.project = found.deployment?.project
        document.organization = found.deployment?.organizationName
        document.attempts = found.attempts.map(JobDocument.Attempt.init)
        if context.output.isJSON {
            try context.output.json(document)
        } else {
            show(document, found.record, run: found.run, end: found.end ?? found.wait, on: context.output)
        }
        return exitCode(of: found.record)
    }

    /// What a script learns from looking: how the job ended, or that it waits.
    private static func exitCode(of job: JobRecord) -> ExitCode {
        switch job.status {
        case .failed: .failed
        case .cancelled: .cancelled
        case .scheduled where job.stage == .approval: .waitingForApproval
        default: .done
        }
    }

    /// The sentence that a job which is over ended with; a failed one's error is shown by itself.
    private static func end(of job: JobRecord, in transaction: Transaction) throws -> String? {
        guard job.status == .completed || job.status == .cancelled else { return nil }
        let events = EventStore()
        let last = try events.lastOrdinal(of: job.id, in: transaction)
        guard case .finished(let report)? = try events.events(of: job.id, after: last - 1, in: transaction).last?.event else { return nil }
        return report.message
    }

    private static func show(_ job: JobDocument, _ record: JobRecord, run: RunStore.Run?, end: String?, on output: Output) {
        let now = Date()
        func row(_ name: String, _ value: String?) {
            if let value { output.line(TextWidth.pad(name, to: 12) + Harmless.line(value)) }
        }
        row("job", job.job)
        row("project", job.project)
        row("status", record.status.isFinal ? job.status : "\(job.status), \(job.stage) \(job.progress)%")
        row("message", end ?? (record.status == .completed ? nil : job.message))
        if let run, run.awaitsDecision, job.status == JobStatus.scheduled.rawValue {
            let rest = run.planExpiresAt.map { " (expires in \(HumanText.duration($0.timeIntervalSince(now))))" } ?? ""
            row("plan", "\(run.planSummary ?? "") waits for `slipway approve \(job.job)`\(rest)")
        }
        if let decision = run?.decision { row("decision", "\(decision.rawValue) by \(run?.decidedBy ?? "someone")") }
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

import Access
import Domain
import Events
import Jobs
import Provisioning
import Registration
import Storage
import WebServer

/// Jobs: what people asked for, and the upkeep.
enum JobRoutes {
    static let all = [list, show, retry, cancel, approve, refuse] + JobReadingRoutes.all
    static let group = "Jobs"

    static let list = Route(
        "GET",
        "/api/jobs",
        name: "listJobs",
        group: group,
        "List an organization's jobs, newest first",
        needs: .organizationOrEverywhere(.read),
        query: [
            QueryParameter("status", .string(), "Only those with this status; several with commas between"),
            QueryParameter("queue", .string(), "Only of this queue; several with commas between"),
            QueryParameter("kind", .string(), "Only of this kind: deploy, destroy, plan, refresh, register"),
            QueryParameter("tag", .string(), "Only with this tag: provider:aws"),
            QueryParameter("project", .string(), "Only of this project"),
        ] + QueryParameter.page,
        answers: [.json(Schema.page(of: JobDocument.schema))]
    ) { call, organization in
        let limit = try call.limit()
        var filter = JobFilter(organization: organization?.id)
        filter.statuses = try call.queryList("status", as: JobStatus.self)
        filter.queues = try call.queryList("queue", as: QueueName.self)
        filter.kind = call.query("kind")
        filter.tag = call.query("tag")
        let (project, after, wanted) = (call.query("project"), call.query("after"), filter)
        let owner = organization?.name ?? "default"
        let found = try await call.services.database.read { [jobs = call.services.jobs] transaction -> [(JobRecord, Deployment?)] in
            var filter = wanted
            let store = DeploymentStore()
            if let project {
                let deployment = try store.require(project: project, organization: owner, in: transaction)
                filter.otherTag = "deployment:\(deployment.id)"
            }
            // JobPage's own bound is a thousand: of a full page the last may only be the last by chance.
            let page = JobPage(limit: limit + 1, after: after.map { JobID(rawValue: $0) })
            return try jobs.jobs(filter, page: page, in: transaction).map { ($0, try $0.deployment(in: transaction)) }
        }
        return try .page(found, limit: min(limit, 999), cursor: { $0.0.id.rawValue }, { document($0.0, $0.1) })
    }

    static let show = Route(
        "GET",
        "/api/jobs/:job",
        name: "getJob",
        group: group,
        "See a job with its attempts",
        needs: .job(.read),
        answers: [.json(.named(JobDocument.schema))]
    ) { call, job in
        let now = call.now
        return try .json(
            encoding: try await call.services.database.read { [jobs = call.services.jobs] transaction in
                var shown = document(job, try job.deployment(in: transaction))
                shown.attempts = try jobs.attempts(of: job.id, in: transaction).map(JobDocument.Attempt.init)
                let run = try RunStore().run(job.id, in: transaction)
                shown.plan = run.flatMap { $0.awaitsDecision || $0.decision != nil ? JobDocument.Plan($0, of: job) : nil }
                shown.waits = try WaitReason.find(for: job, jobs: jobs, now: now, in: transaction)
                shown.ending = try ending(of: job, in: transaction)
                return shown
            }
        )
    }

    // MARK: - Decisions

    static let retry = Route(
        "POST",
        "/api/jobs/:job/retry",
        name: "retryJob",
        group: group,
        "Run what a job that failed was to run, as a new job",
        needs: .job(.deploy),
        body: .json(.object(RunFields.properties), isRequired: false),
        answers: [.json(202, .named(RunAcceptance.schema), "The new job is queued, durably")],
        record: .handler
    ) { call, job in
        guard job.status == .failed || job.status == .cancelled else {
            throw Problem.conflict("Only a job that failed or was cancelled can be retried; this one is \(job.status.rawValue).")
        }
        let deployment = try await call.services.database.read { try job.deployment(in: $0) }
        guard let deployment else { throw Problem.conflict("Job \(job.id) works on no deployment; it is tried again by itself.") }
        var fields = try call.fields()
        let named = try fields.optionalText("organization")
        guard named == nil || named == deployment.organizationName else {
            throw Problem.invalid("Job \(job.id) is not of the organization '\(named?.brief ?? "")'; leave 'organization' out.")
        }
        if job.kind == RegistrationQueue.kind {
            // Of a registration nothing can be said anew.
            try fields.end()
            return try await registerAgain(job, deployment, call)
        }
        var run = RunRequest(
            organization: deployment.organizationName,
            project: deployment.project,
            options: RunOptions(action: .deploy),
            sourceOf: job.id,
            requestedBy: try call.principal.actor
        )
        try RunFields.read(&fields, into: &run)
        try fields.end()
        let asked = run.options
        run.options = try RunOptions.decoded(from: job.payload)
        // What was asked for now comes on top of what was asked for then.
        run.options.planFirst = run.options.planFirst || asked.planFirst
        run.options.rollbackOnFailure = run.options.rollbackOnFailure || asked.rollbackOnFailure
        run.options.resumeAfterCrash = run.options.resumeAfterCrash || asked.resumeAfterCrash
        run.options.autoRegisterServer = asked.autoRegisterServer ?? run.options.autoRegisterServer
        let organization = WorkingOrganization(id: deployment.organization, name: deployment.organizationName)
        return try await RunAcceptance.accept(run, call, organization, message: "Job \(job.id) is tried again")
    }

    static let cancel = Route(
        "POST",
        "/api/jobs/:job/cancel",
        name: "cancelJob",
        group: group,
        "End a job: one that waits at once, one that runs in good order",
        needs: .job(.deploy),
        body: .json(
            .object([.optional("force", .boolean, "Kill Terraform: what it is making may be lost from the state")]),
            isRequired: false
        ),
        answers: [.json(202, .named(DecisionDocument.schema), "It is told, or has ended")]
    ) { call, job in
        var fields = try call.fields()
        let isForced = try fields.optionalFlag("force") ?? false
        try fields.end()
        let actor = try call.principal.actor
        let result =
            job.kind == RegistrationQueue.kind
            ? try await call.services.registrations.cancel(job, force: isForced, by: actor)
            : try await call.services.decisions.cancel(job.id, force: isForced, by: actor)
        switch result {
        case .ended: return try decided(job, "cancelled", .cancelled, "It had not started, and is cancelled.")
        case .told(let record): return try decided(job, "cancelling", record.status, "It is told to stop.")
        case .alreadyFinished(let record): throw Problem.conflict("Job \(job.id) had ended before: it is \(record.status.rawValue).")
        case .notFound: throw Problem.notFound("There is no job '\(job.id)'.")
        }
    }

    static let approve = Route(
        "POST",
        "/api/jobs/:job/approve",
        name: "approveJob",
        group: group,
        "Let a job apply exactly the plan that waits",
        needs: .job(.approve),
        answers: [.json(200, .named(DecisionDocument.schema))]
    ) { call, job in
        try await call.services.decisions.approve(job.id, by: try call.principal.actor)
        return try decided(job, "approved", .pending, "Its plan is applied.", status: 200)
    }

    static let refuse = Route(
        "POST",
        "/api/jobs/:job/refuse",
        name: "refuseJob",
        group: group,
        "End a job whose plan waits; nothing is changed",
        needs: .job(.approve),
        body: .json(.object([.optional("reason", .string(), "Why")]), isRequired: false),
        answers: [.json(200, .named(DecisionDocument.schema))]
    ) { call, job in
        var fields = try call.fields()
        let reason = try fields.optionalText("reason")
        try fields.end()
        try await call.services.decisions.refuse(job.id, by: try call.principal.actor, reason: reason)
        return try decided(job, "refused", .cancelled, "Nothing was changed.", status: 200)
    }

    // MARK: - Details

    /// Of a registration nothing is kept but which deployment and which key.
    private static func registerAgain(_ job: JobRecord, _ deployment: Deployment, _ call: Call) async throws -> Response {
        let order = try RegistrationOrder.decoded(from: job.payload)
        let again = try await call.services.registrations.register(deployment, sshKey: order.sshKey, by: try call.author)
        return .json(
            .object([("jobId", .text(again.rawValue)), ("status", "accepted"), ("message", .text("Job \(job.id) is tried again"))]),
            status: 202,
            headers: [HeaderField("Location", "/api/deploy/status/\(again)")]
        )
    }

    private static func decided(
        _ job: JobRecord,
        _ decision: String,
        _ jobStatus: JobStatus,
        _ message: String,
        status: Int = 202
    ) throws -> Response {
        let document = DecisionDocument(job: job.id.rawValue, decision: decision, status: jobStatus.rawValue, message: message)
        return try .json(encoding: document, status: status)
    }

    /// The sentence that a job which is over ended with.
    private static func ending(of job: JobRecord, in transaction: Transaction) throws -> String? {
        guard job.status == .completed || job.status == .cancelled,
            case .finished(let report)? = try EventStore().last(.finished, of: job.id, in: transaction)?.event
        else { return nil }
        return report.message
    }

    static func document(_ job: JobRecord, _ deployment: Deployment?) -> JobDocument {
        var document = JobDocument(job)
        document.project = deployment?.project
        document.organization = deployment?.organizationName
        return document
    }
}

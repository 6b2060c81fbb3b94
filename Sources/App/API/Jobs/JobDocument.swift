internal import Domain
package import FoundationEssentials
package import Jobs
internal import Provisioning

/// A job as `--json` shows it; `docs/json-output.md` describes it.
package struct JobDocument: Codable, Sendable {
    /// One attempt.
    package struct Attempt: Codable, Sendable {
        package let attempt: Int
        package let fence: Int64
        package let worker: String?
        package let startedAt: Date?
        package let endedAt: Date?
        package let outcome: String?
        package let errorCode: String?
        package let errorMessage: String?

        package init(_ attempt: JobAttempt) {
            self.attempt = attempt.ordinal
            fence = attempt.fence.rawValue
            worker = attempt.workerID
            startedAt = attempt.startedAt
            endedAt = attempt.endedAt
            outcome = attempt.outcome?.rawValue
            errorCode = attempt.errorCode
            errorMessage = attempt.errorMessage
        }
    }

    /// A plan that someone has to decide about, or has decided about.
    package struct Plan: Codable, Sendable {
        package let summary: String?
        package let awaitsDecision: Bool
        package let decision: String?
        package let decidedBy: String?
        package let expiresAt: Date?

        init(_ run: RunStore.Run, of job: JobRecord) {
            summary = run.planSummary
            awaitsDecision = run.awaitsDecision && job.status == .scheduled
            decision = run.decision?.rawValue
            decidedBy = run.decidedBy
            expiresAt = run.planExpiresAt
        }
    }

    package let job: String
    package let kind: String
    package let queue: String
    package let status: String
    package let stage: String
    package let progress: Int
    package let message: String?
    package let attempt: Int
    package let maximumAttempts: Int
    package let tags: [String]
    package let errorCode: String?
    package let errorMessage: String?
    package let createdAt: Date
    package let startedAt: Date?
    package let finishedAt: Date?
    package let runAt: Date
    package var project: String?
    package var organization: String?
    package var attempts: [Attempt]?
    /// Of one job only, as the others below.
    package var plan: Plan?
    package var waits: WaitReason?
    /// The sentence that a job which is over ended with; a failed one has `errorMessage`.
    package var ending: String?

    package init(_ job: JobRecord) {
        self.job = job.id.rawValue
        kind = job.kind
        queue = job.queue.rawValue
        status = job.status.rawValue
        stage = job.stage.rawValue
        progress = job.progress
        message = job.message
        attempt = job.attempt
        maximumAttempts = job.maximumAttempts
        tags = job.tags
        errorCode = job.errorCode
        errorMessage = job.errorMessage
        createdAt = job.createdAt
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        runAt = job.runAt
    }
}

extension JobDocument {
    static let schema = NamedSchema(
        "Job",
        .object([
            .init("job", .string(), "Its id"),
            .init("kind", .string(), "deploy, destroy, plan, refresh, register or a kind of upkeep"),
            .init("queue", .choice(QueueName.allCases.map(\.rawValue)), "Where it waits"),
            .init("status", .choice(JobStatus.allCases.map(\.rawValue)), "Where it stands"),
            .init("stage", .string(), "What it does"),
            .init("progress", .integer, "0 to 100"),
            .optional("message", .string(), "What it does, in words"),
            .init("attempt", .integer, "The attempt that runs or ran last; 0 before the first"),
            .init("maximumAttempts", .integer, "No further attempt follows this one"),
            .init("tags", .list(.string()), "organization:1, deployment:7, provider:aws"),
            .optional("errorCode", .string(), "Of the last failed attempt"),
            .optional("errorMessage", .string(), "Of the last failed attempt"),
            .init("createdAt", .moment, "When it was queued"),
            .optional("startedAt", .moment, "When the last attempt began"),
            .optional("finishedAt", .moment, "When it ended"),
            .init("runAt", .moment, "When it may run"),
            .optional("project", .string(), "Its deployment's project"),
            .optional("organization", .string(), "Its deployment's organization"),
            .optional("attempts", .list(.named(Attempt.schema)), "All attempts, in order; of one job only, as what follows"),
            .optional("plan", .named(Plan.schema), "When someone has to decide about it, or has"),
            .optional("waits", .named(WaitReason.schema), "Why it doesn't run yet"),
            .optional("ending", .string(), "The sentence that it ended with"),
        ])
    )
}

extension JobDocument.Plan {
    static let schema = NamedSchema(
        "PlanDecision",
        .object([
            .optional("summary", .string(), "+3 ~1 -0"),
            .init("awaitsDecision", .boolean, "Someone has to approve or refuse it"),
            .optional("decision", .string(), "approved or refused"),
            .optional("decidedBy", .string(), "Who"),
            .optional("expiresAt", .moment, "When it can't be approved any more"),
        ])
    )
}

extension JobDocument.Attempt {
    static let schema = NamedSchema(
        "Attempt",
        .object([
            .init("attempt", .integer, "Counted from 1"),
            .init("fence", .integer, "Grows with every lease"),
            .optional("worker", .string(), "Who"),
            .optional("startedAt", .moment, "When it began"),
            .optional("endedAt", .moment, "When it ended"),
            .optional("outcome", .string(), "How it ended"),
            .optional("errorCode", .string(), "Why it failed"),
            .optional("errorMessage", .string(), "Why it failed, in a sentence"),
        ])
    )
}

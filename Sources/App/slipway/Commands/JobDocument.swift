import Domain
import FoundationEssentials
import Jobs

/// A job as `--json` shows it; `docs/json-output.md` describes it.
struct JobDocument: Encodable {
    struct Attempt: Encodable {
        let attempt: Int
        let fence: Int64
        let worker: String?
        let startedAt: Date?
        let endedAt: Date?
        let outcome: String?
        let errorCode: String?
        let errorMessage: String?
    }

    let job: String
    let kind: String
    let queue: String
    let status: String
    let stage: String
    let progress: Int
    let message: String?
    let attempt: Int
    let maximumAttempts: Int
    let tags: [String]
    let errorCode: String?
    let errorMessage: String?
    let createdAt: Date
    let startedAt: Date?
    let finishedAt: Date?
    let runAt: Date
    var project: String?
    var organization: String?
    var attempts: [Attempt]?

    init(_ job: JobRecord) {
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

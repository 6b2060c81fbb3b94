import Access
import Domain
import Events
import Jobs
import Provisioning
import Storage

/// How a job stands, in the four words of requirement 004.
enum RunStatus {
    /// The end of longer logs is shown; the whole is at /api/jobs/:job/log.
    private static let logLimit = 256 * 1024

    static let schema = NamedSchema(
        "DeployStatus",
        .object([
            .init("jobId", .string(), "The job"),
            .init("status", .choice(["pending", "processing", "completed", "failed"]), "Where it stands"),
            .init("progress", .integer, "0 to 100"),
            .init("stage", .string(), "What it does; 'approval': its plan waits for a decision"),
            .init("message", .nullable(.string()), "What it does, in words"),
            .init(
                "result",
                .nullable(
                    .object([
                        .init("message", .string(), "How it ended"),
                        .init("logs", .string(), "What was said; of a long log the end"),
                        .init("outputs", .dictionary(.any), "By name; a sensitive one is null"),
                    ])
                ),
                "Once it is over"
            ),
            .init("error", .nullable(.string()), "Why it failed"),
            .init("startTime", .nullable(.moment), "When it was queued"),
            .init("endTime", .nullable(.moment), "When it ended"),
        ])
    )

    /// The word for a status.
    static func word(for status: JobStatus) -> String {
        switch status {
        case .pending, .scheduled: "pending"
        case .processing, .retrying: "processing"
        case .completed: "completed"
        case .failed, .cancelled: "failed"
        }
    }

    static func document(of job: JobRecord, _ call: Call) async throws -> JSONNode {
        let result = job.status.isFinal ? try await result(of: job, call) : .null
        let error = job.status == .cancelled ? "The job was cancelled\(job.cancelledBy.map { " by \($0)" } ?? "")." : job.errorMessage
        return .object([
            ("jobId", .text(job.id.rawValue)),
            ("status", .text(word(for: job.status))),
            ("progress", JSONNode(job.progress)),
            ("stage", .text(job.stage.rawValue)),
            ("message", JSONNode(job.message)),
            ("result", result),
            ("error", word(for: job.status) == "failed" ? JSONNode(error) : .null),
            ("startTime", .moment(job.createdAt)),
            ("endTime", JSONNode(job.finishedAt)),
        ])
    }

    private static func result(of job: JobRecord, _ call: Call) async throws -> JSONNode {
        let found = try await call.services.database.read { transaction in
            let events = EventStore()
            return (
                finish: try events.last(.finished, of: job.id, in: transaction)?.event,
                outputs: try events.last(.outputs, of: job.id, in: transaction)?.event,
                log: try events.logEnd(of: job.id, limit: logLimit, in: transaction)
            )
        }
        var message = job.message ?? job.errorMessage ?? ""
        if case .finished(let report)? = found.finish { message = report.message }
        if job.status == .completed, job.kind == RunAction.deploy.rawValue { message = "Infrastructure deployed successfully" }
        if job.status == .completed, job.kind == RunAction.destroy.rawValue { message = "Infrastructure destroyed successfully" }
        var outputs: [String: OutputValue] = [:]
        if case .outputs(let values)? = found.outputs { outputs = values }
        return .object([
            ("message", .text(message)),
            ("logs", .text((found.log.isCut ? "…\n" : "") + found.log.text)),
            ("outputs", .outputs(outputs)),
        ])
    }
}

extension JSONNode {
    /// Outputs by name, each with its bare value; a hidden one is null.
    static func outputs(_ outputs: [String: OutputValue]) -> JSONNode {
        .object(outputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value.map { .raw($0) } ?? .null) })
    }
}

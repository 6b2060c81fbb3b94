import API

/// Runs `slipway cancel JOB`.
enum CancelCommand {
    private struct Document: Encodable {
        let job: String
        let status: String
        let message: String
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let body = try await context.installation().change("POST", "jobs", job, "cancel", body: ["force": context.command.flag("force")])
        let decision: DecisionDocument = try JSONDocument.read(body)
        let message =
            decision.decision == "cancelled"
            ? "Job \(job) had not started and is cancelled."
            : "Job \(job) is told to stop; follow it with `slipway logs \(job) --follow`."
        if context.output.isJSON {
            try context.output.json(Document(job: job, status: decision.status, message: message))
        } else {
            context.output.line(message)
        }
        return .done
    }
}

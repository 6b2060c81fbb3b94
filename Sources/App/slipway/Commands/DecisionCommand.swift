import API

/// Runs `slipway approve JOB` and `slipway refuse JOB`.
enum DecisionCommand {
    private struct Document: Encodable {
        let job: String
        let decision: String
    }

    static func approve(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let installation = try await context.installation()
        let order = APIOrder(method: "GET", path: ["api", "jobs", job, "events"], query: [("limit", "1")])
        let planned = try JobProgress(parsing: try await installation.send(order).body).lastOrdinal
        try await installation.change("POST", "jobs", job, "approve")
        if context.command.flag("detach") {
            if context.output.isJSON {
                try context.output.json(Document(job: job, decision: "approved"))
            } else {
                context.output.line("The plan of job \(job) is approved; a worker applies it.")
            }
            return .done
        }
        let code = try await RunFollower(installation: installation, context: context, job: job, known: planned).follow(startsWorker: true)
        let document: JobDocument = try await installation.get("jobs", job)
        guard document.kind == "deploy", let project = document.project else { return code }
        return try await ServerCommand.followRegistration(
            after: code,
            of: project,
            in: document.organization,
            installation,
            context
        )
    }

    static func refuse(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let reason = context.command.string("reason").map { ["reason": $0] }
        try await context.installation().change("POST", "jobs", job, "refuse", body: reason)
        if context.output.isJSON {
            try context.output.json(Document(job: job, decision: "refused"))
        } else {
            context.output.line("The plan of job \(job) is refused; nothing was changed.")
        }
        return .done
    }
}

import API

/// Runs `slipway state unlock`.
enum UnlockCommand {
    private struct Answer: Decodable {
        let lock: LockDocument?
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let project = try context.command.required("project")
        let installation = try await context.installation()
        let current: Answer = try await installation.get("deployments", project, "lock", query: context.organizationQuery)
        guard let lock = current.lock else { return try finish(context, nil, project) }
        let question = [
            "Do you really want to end this lock?",
            "  \(lock)",
            "  Whoever holds it can't write any more once another has taken it. Only 'yes' will be accepted to confirm.",
        ]
        guard try await context.confirmed(question) else {
            context.output.note("The lock stays.")
            return .cancelled
        }
        let body = try await installation.change("DELETE", "deployments", project, "lock", query: context.organizationQuery)
        return try finish(context, try JSONDocument.read(body, as: Answer.self).lock, project)
    }

    private static func finish(_ context: CommandContext, _ ended: LockDocument?, _ project: String) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(ended.map { [$0] } ?? [])
        } else {
            context.output.line(ended.map { "Ended: \($0)." } ?? "The state of '\(project)' is not locked.")
        }
        return .done
    }
}

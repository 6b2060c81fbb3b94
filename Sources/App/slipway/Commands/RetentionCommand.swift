import API

/// Runs `slipway state retention`: what an organization keeps of its states' history.
enum RetentionCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let (keep, days) = (context.command.integer("keep"), context.command.integer("days"))
        let installation = try await context.installation()
        let policy: RetentionDocument
        if context.command.flag("reset") {
            policy = try JSONDocument.read(try await installation.change("DELETE", "organizations", context.organization, "retention"))
        } else if keep != nil || days != nil {
            let wanted = ["versions": keep, "days": days].compactMapValues(\.self)
            policy = try JSONDocument.read(
                try await installation.change("PUT", "organizations", context.organization, "retention", body: wanted)
            )
        } else {
            policy = try await installation.get("organizations", context.organization, "retention")
        }
        if context.output.isJSON {
            try context.output.json(policy)
        } else {
            let versions = policy.versions == 1 ? "the newest version" : "the newest \(policy.versions) versions"
            let source = policy.isOwn ? "its own rule" : "as configured for all"
            context.output.line(
                policy.days == 0
                    ? "\(policy.organization) keeps \(versions) of each state, \(source)."
                    : "\(policy.organization) keeps \(versions) of each state and everything younger than \(HumanText.count(policy.days, "day")), \(source)."
            )
        }
        return .done
    }
}

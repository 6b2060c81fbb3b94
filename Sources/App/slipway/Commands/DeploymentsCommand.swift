import API
import FoundationEssentials

/// Runs `slipway deployments`.
enum DeploymentsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let limit = context.command.integer("limit") ?? 20
        let statuses = context.command.strings("status").joined(separator: ",")
        let query = context.everywhereQuery + [("limit", String(limit)), ("status", statuses.isEmpty ? nil : statuses)]
        let page: Page<DeploymentDocument> = try await context.installation().get("deployments", query: query)
        if context.output.isJSON {
            try context.output.json(page.items)
            return .done
        }
        guard !page.items.isEmpty else {
            context.output.note("No deployments; `slipway deploy DIR --project NAME` makes one.")
            return .done
        }
        var table = Table([
            .init("ID", isRightAligned: true), .init("PROJECT", isFlexible: true), .init("ORG", isFlexible: true), .init("STATUS"),
            .init("RESOURCES", isRightAligned: true), .init("STATE", isRightAligned: true), .init("UPDATED"),
        ])
        let now = Date()
        for deployment in page.items {
            table.add([
                String(deployment.deployment), deployment.project, deployment.organization, deployment.status, String(deployment.resources),
                deployment.stateVersion > 0 ? "v\(deployment.stateVersion)" : "-", HumanText.relative(deployment.updatedAt, now: now),
            ])
        }
        context.output.table(table)
        if page.next != nil { context.output.note("There are more; use --limit or --status.") }
        return .done
    }
}

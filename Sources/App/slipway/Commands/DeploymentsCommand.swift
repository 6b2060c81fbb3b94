import API
import Domain
import FoundationEssentials
import Provisioning
import Storage

/// Runs `slipway deployments`.
enum DeploymentsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let (only, limit) = (context.onlyOrganization, context.command.integer("limit") ?? 20)
        let statuses = context.command.strings("status").compactMap { DeploymentStatus(rawValue: $0) }
        let found = try await program.database.read {
            try DeploymentStore().deployments(organization: only, statuses: statuses, limit: limit, in: $0)
        }
        if context.output.isJSON {
            try context.output.json(found.map(DeploymentDocument.init))
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No deployments; `slipway deploy DIR --project NAME` makes one.")
            return .done
        }
        var table = Table([
            .init("ID", isRightAligned: true), .init("PROJECT", isFlexible: true), .init("ORG", isFlexible: true), .init("STATUS"),
            .init("RESOURCES", isRightAligned: true), .init("STATE", isRightAligned: true), .init("UPDATED"),
        ])
        let now = Date()
        for deployment in found {
            table.add([
                deployment.id.description, deployment.project, deployment.organizationName, deployment.status.rawValue,
                String(deployment.resourceCount), deployment.stateVersion > 0 ? "v\(deployment.stateVersion)" : "-",
                HumanText.relative(deployment.updatedAt, now: now),
            ])
        }
        context.output.table(table)
        if found.count == limit { context.output.note("There may be more; use --limit or --status.") }
        return .done
    }
}

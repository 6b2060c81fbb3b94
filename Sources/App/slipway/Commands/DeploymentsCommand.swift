import Domain
import FoundationEssentials
import Provisioning
import Storage

/// Runs `slipway deployments`.
enum DeploymentsCommand {
    private struct Document: Encodable {
        let deployment: Int64
        let organization: String
        let project: String
        let status: String
        let stage: String
        let progress: Int
        let resources: Int
        let stateVersion: Int64
        let planSummary: String?
        let errorMessage: String?
        let lastJob: String?
        let retryCount: Int
        let startedAt: Date?
        let completedAt: Date?
        let createdAt: Date
        let updatedAt: Date

        init(_ deployment: Deployment) {
            self.deployment = deployment.id.rawValue
            organization = deployment.organizationName
            project = deployment.project
            status = deployment.status.rawValue
            stage = deployment.stage
            progress = deployment.progress
            resources = deployment.resourceCount
            stateVersion = deployment.stateVersion
            planSummary = deployment.planSummary
            errorMessage = deployment.errorMessage
            lastJob = deployment.lastJob?.rawValue
            retryCount = deployment.retryCount
            startedAt = deployment.startedAt
            completedAt = deployment.completedAt
            createdAt = deployment.createdAt
            updatedAt = deployment.updatedAt
        }
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let (only, limit) = (context.onlyOrganization, context.command.integer("limit") ?? 20)
        let statuses = context.command.strings("status").compactMap { DeploymentStatus(rawValue: $0) }
        let found = try await program.database.read {
            try DeploymentStore().deployments(organization: only, statuses: statuses, limit: limit, in: $0)
        }
        if context.output.isJSON {
            try context.output.json(found.map(Document.init))
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

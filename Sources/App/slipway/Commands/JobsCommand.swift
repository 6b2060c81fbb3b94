import API
import Domain
import FoundationEssentials

/// Runs `slipway jobs`.
enum JobsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let statuses = command.strings("status").joined(separator: ",")
        let project = command.string("project")
        let query: [(name: String, value: String?)] = [
            ("limit", String(command.integer("limit") ?? 20)), ("after", command.string("before")), ("project", project),
            ("status", statuses.isEmpty ? nil : statuses),
            // Backups and the like belong to no project, and nobody asked for them.
            ("queue", command.flag("all") ? nil : "\(QueueName.terraform.rawValue),\(QueueName.serverManagement.rawValue)"),
        ]
        let scope = project == nil ? context.everywhereQuery : context.organizationQuery
        let page: Page<JobDocument> = try await context.installation().get("jobs", query: scope + query)
        if context.output.isJSON {
            try context.output.json(page.items)
            return .done
        }
        guard !page.items.isEmpty else {
            context.output.note("No jobs.")
            return .done
        }
        var table = Table([
            .init("JOB"), .init("PROJECT", isFlexible: true), .init("STATUS"), .init("STAGE"), .init("PROGRESS", isRightAligned: true),
            .init("ATTEMPT", isRightAligned: true), .init("CREATED"),
        ])
        let now = Date()
        for job in page.items {
            table.add([
                job.job, job.project ?? "", job.status, job.stage, "\(job.progress)%", "\(job.attempt)/\(job.maximumAttempts)",
                HumanText.relative(job.createdAt, now: now),
            ])
        }
        context.output.table(table)
        if page.next != nil, let last = page.items.last { context.output.note("Older ones: slipway jobs --before \(last.job)") }
        return .done
    }
}

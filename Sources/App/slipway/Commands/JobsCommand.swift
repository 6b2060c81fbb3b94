import API
import Domain
import FoundationEssentials
import Jobs
import Provisioning
import Storage

/// Runs `slipway jobs`.
enum JobsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let program = try await context.open()
        let page = JobPage(limit: command.integer("limit") ?? 20, after: command.string("before").map { JobID(rawValue: $0) })
        let (only, project) = (context.onlyOrganization, command.string("project"))
        let statuses = command.strings("status").compactMap { JobStatus(rawValue: $0) }
        let (organization, isAll) = (context.organization, command.flag("all"))
        let found = try await program.database.read { [jobs = program.jobs] transaction -> [(JobRecord, Deployment?)] in
            let store = DeploymentStore()
            var filter = JobFilter(statuses: statuses)
            // Backups and the like belong to no project, and nobody asked for them.
            if !isAll { filter.queue = .terraform }
            if let only { filter.organization = try store.requireOrganization(named: only, in: transaction) }
            if let project {
                let deployment = try store.require(project: project, organization: organization, in: transaction)
                filter.tag = "deployment:\(deployment.id)"
            }
            return try jobs.jobs(filter, page: page, in: transaction).map { ($0, try store.deployment(ofJob: $0.id, in: transaction)) }
        }
        if context.output.isJSON {
            try context.output.json(
                found.map { job, deployment in
                    var document = JobDocument(job)
                    document.project = deployment?.project
                    document.organization = deployment?.organizationName
                    return document
                }
            )
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No jobs.")
            return .done
        }
        var table = Table([
            .init("JOB"), .init("PROJECT", isFlexible: true), .init("STATUS"), .init("STAGE"), .init("PROGRESS", isRightAligned: true),
            .init("ATTEMPT", isRightAligned: true), .init("CREATED"),
        ])
        let now = Date()
        for (job, deployment) in found {
            table.add([
                job.id.rawValue, deployment?.project ?? "", job.status.rawValue, job.stage.rawValue, "\(job.progress)%",
                "\(job.attempt)/\(job.maximumAttempts)", HumanText.relative(job.createdAt, now: now),
            ])
        }
        context.output.table(table)
        if found.count == page.limit, let last = found.last {
            context.output.note("Older ones: slipway jobs --before \(last.0.id)")
        }
        return .done
    }
}

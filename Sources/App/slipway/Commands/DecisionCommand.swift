import Domain
import Events
import Provisioning
import Storage

/// Runs `slipway approve JOB` and `slipway refuse JOB`.
enum DecisionCommand {
    private struct Document: Encodable {
        let job: String
        let decision: String
    }

    static func approve(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let program = try await context.open()
        let planned = try await program.database.read { try EventStore().lastOrdinal(of: job, in: $0) }
        try await program.decisions.approve(job, by: program.person)
        if context.command.flag("detach") {
            if context.output.isJSON {
                try context.output.json(Document(job: job.rawValue, decision: "approved"))
            } else {
                context.output.line("The plan of job \(job) is approved; a worker applies it.")
            }
            return .done
        }
        return try await RunFollower(program: program, context: context, job: job, known: planned).follow(startsWorker: true)
    }

    static func refuse(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let program = try await context.open()
        try await program.decisions.refuse(job, by: program.person, reason: context.command.string("reason"))
        if context.output.isJSON {
            try context.output.json(Document(job: job.rawValue, decision: "refused"))
        } else {
            context.output.line("The plan of job \(job) is refused; nothing was changed.")
        }
        return .done
    }
}

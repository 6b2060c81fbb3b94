import Domain
import Jobs
import Provisioning

/// Runs `slipway cancel JOB`.
enum CancelCommand {
    private struct Document: Encodable {
        let job: String
        let status: String
        let message: String
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let program = try await context.open()
        let isForced = context.command.flag("force")
        let result = try await program.decisions.cancel(job, force: isForced, by: program.person)
        let (status, message): (String, String) =
            switch result {
            case .ended: ("cancelled", "Job \(job) had not started and is cancelled.")
            case .told(let record): (record.status.rawValue, "Job \(job) is told to stop; follow it with `slipway logs \(job) --follow`.")
            case .alreadyFinished(let record): (record.status.rawValue, "Job \(job) had ended before: it is \(record.status.rawValue).")
            case .notFound: throw CommandError("There is no job '\(job)'; `slipway jobs` lists those there are.")
            }
        if context.output.isJSON {
            try context.output.json(Document(job: job.rawValue, status: status, message: message))
        } else {
            context.output.line(message)
        }
        if case .alreadyFinished = result { return .failed }
        return .done
    }
}

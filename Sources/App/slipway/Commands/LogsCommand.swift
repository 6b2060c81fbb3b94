import Domain
import Events
import Jobs
import Storage

/// Runs `slipway logs JOB`.
enum LogsCommand {
    private struct Document: Encodable {
        let job: String
        let log: String
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let program = try await context.open()
        guard try await status(of: job, in: program) != nil else {
            throw CommandError("There is no job '\(job)'; `slipway jobs` lists those there are.")
        }
        if context.output.isJSON, context.command.flag("follow") {
            return try await RunFollower(program: program, context: context, job: job).follow(startsWorker: false)
        }
        var last: Int64 = -1
        var all = ""
        func printNew() async throws {
            while true {
                let after = last
                let chunks = try await program.database.read { try EventStore().log(of: job, after: after, in: $0) }
                guard let newest = chunks.last?.ordinal else { return }
                last = newest
                let text = chunks.map(\.text).joined()
                if context.output.isJSON { all += text } else { context.output.raw(Harmless.lines(text).joined(separator: "\n")) }
            }
        }
        guard context.command.flag("follow") else {
            try await printNew()
            if context.output.isJSON { try context.output.json(Document(job: job.rawValue, log: all)) }
            return .done
        }
        var exit = ExitCode.done
        try await EventFollower(database: program.database).follow(job) { _ in
            // The status is read first: what the last attempt wrote is committed with it.
            let status = try await status(of: job, in: program)
            try await printNew()
            guard let status, !status.isFinal else {
                exit = status == .failed ? .failed : status == .cancelled ? .cancelled : .done
                return false
            }
            return true
        }
        return exit
    }

    private static func status(of job: JobID, in program: Composition) async throws -> JobStatus? {
        try await program.database.read { [jobs = program.jobs] in try jobs.job(job, in: $0)?.status }
    }
}

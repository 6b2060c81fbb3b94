import API
import Domain
import Log

/// Runs `slipway logs JOB`.
enum LogsCommand {
    private struct Document: Encodable {
        let job: String
        let log: String
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let job = try context.job()
        let installation = try await context.installation()
        let isFollowing = context.command.flag("follow")
        if context.output.isJSON, isFollowing {
            return try await RunFollower(installation: installation, context: context, job: job).follow(startsWorker: false)
        }
        var (after, all) = (Int64(-1), "")
        var patience = Patience(installation) { context.output.note($0) }
        while true {
            var order = APIOrder(method: "GET", path: ["api", "jobs", job, "log"], timeout: .seconds(60))
            order.query = [("after", String(after)), ("limit", "500"), ("wait", isFollowing ? "20" : nil)]
            do {
                let piece: LogDocument = try JSONDocument.read(try await installation.send(order).body)
                patience.end()
                let isEverything = piece.next == after
                after = piece.next
                if context.output.isJSON { all += piece.log } else { show(piece.log, on: context.output) }
                guard isFollowing ? piece.isEnd : isEverything || piece.isEnd else { continue }
                if context.output.isJSON { try context.output.json(Document(job: job, log: all)) }
                return isFollowing ? exitCode(piece.status) : .done
            } catch  where isFollowing {
                try await patience.wait(for: error)
            }
        }
    }

    private static func show(_ text: String, on output: Output) {
        if !text.isEmpty { output.raw(Harmless.lines(text).joined(separator: "\n")) }
    }

    private static func exitCode(_ status: String) -> ExitCode {
        switch JobStatus(rawValue: status) {
        case .failed: .failed
        case .cancelled: .cancelled
        default: .done
        }
    }
}

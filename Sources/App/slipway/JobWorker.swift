import FoundationEssentials
import Host
import Synchronization

/// The worker process that a command starts for its job: a session of its own, so that neither Ctrl-C nor a closed terminal ends it.
final class JobWorker: Sendable {
    private let program: Composition
    private let job: String
    private let state: Mutex<(process: ChildProcess?, startedAt: ContinuousClock.Instant, refusals: Int)> = Mutex((nil, .now, 0))
    /// So many starts in a row may fail before it is no use to try again.
    private static let mostRefusals = 3

    init(program: Composition, job: String) {
        self.program = program
        self.job = job
    }

    /// Starts it.
    ///
    /// - Throws: ``CommandError`` when this program's own file can't be started.
    func start() throws {
        let data = program.configuration.dataFolder
        let command = ChildProcess.Command(
            try Self.ownPath(),
            ["worker", "--only", job, "--data", data],
            environment: Self.environment(of: program.configuration.environment),
            folder: "/",
            errorOutput: .file(log)
        )
        let process = try ChildProcess.start(command)
        state.withLock { ($0.process, $0.startedAt) = (process, .now) }
    }

    /// Starts another when the last one ended without an end of the job: it takes the job up once the lease of the dead one is over.
    ///
    /// - Throws: ``CommandError`` when it can't work here, with its own last words.
    func restartIfGone() throws {
        let (isGone, isRefused) = state.withLock { state in
            guard let status = state.process?.status else { return (false, false) }
            // A signal may hit any process, and one that worked for a while can work here; an exit code at once is a refusal.
            let isRefusal = if case .code(let code) = status.end { code != 0 && .now - state.startedAt < .seconds(10) } else { false }
            state.refusals = isRefusal ? state.refusals + 1 : 0
            return (true, state.refusals >= Self.mostRefusals)
        }
        if isRefused {
            throw CommandError(
                "The worker can't start: \(lastWords) The job waits: put that right and run `slipway worker`, or `slipway cancel \(job)`."
            )
        }
        if isGone { try start() }
    }

    private var log: String { "\(program.configuration.dataFolder)/worker.log" }

    /// The last error in the workers' log.
    private var lastWords: String {
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0.suffix(16_384), as: UTF8.self) } ?? ""
        let mark = "error: "
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix(mark) }) else { return "\(log) says why." }
        return String(line.dropFirst(mark.count))
    }

    /// What the worker itself needs; the run's credentials go with the job, sealed, and not this way.
    private static func environment(of all: [String: String]) -> [String: String] {
        let names: Set<String> = [
            "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LC_ALL", "TZ", "TF_CLI_CONFIG_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR",
        ]
        // AWS_: for the worker's own calls to KMS and S3; Terraform gets its job's, whatever stands here.
        let prefixes = ["SLIPWAY_", "XDG_", "PG", "AWS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
        return all.filter { name, _ in names.contains(name) || prefixes.contains { name.hasPrefix($0) } }
    }

    /// The path of the running program.
    static func ownPath() throws -> String {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw CommandError("This program's own file can't be found in /proc; start `slipway worker` by hand.")
        }
        return path
    }
}

import Domain
import FoundationEssentials
import Host
import Synchronization

/// The worker process that a command starts for its job: a session of its own, so that neither Ctrl-C nor a closed terminal ends it.
final class JobWorker: Sendable {
    private let program: Composition
    private let job: JobID
    private let state: Mutex<(process: ChildProcess?, starts: Int)> = Mutex((nil, 0))

    init(program: Composition, job: JobID) {
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
            ["worker", "--only", job.rawValue, "--data", data],
            environment: Self.environment(of: program.configuration.environment),
            folder: "/",
            errorOutput: .file("\(data)/worker.log")
        )
        let process = try ChildProcess.start(command)
        state.withLock { $0 = (process, $0.starts + 1) }
    }

    /// Starts another when the last one ended without an end of the job: it takes the job up once the lease of the dead one is over.
    func restartIfGone() throws {
        let isGone = state.withLock { $0.process?.status != nil && $0.starts < 20 }
        if isGone { try start() }
    }

    /// What the worker itself needs; the run's credentials go with the job, sealed, and not this way.
    private static func environment(of all: [String: String]) -> [String: String] {
        let names: Set<String> = [
            "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LC_ALL", "TZ", "TF_CLI_CONFIG_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR",
        ]
        let prefixes = ["SLIPWAY_", "XDG_", "PG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
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

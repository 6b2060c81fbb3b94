import FoundationEssentials
import Host
import Synchronization

/// A `slipway local-cloud` with one Docker daemon for all its machines; ends with ``stop()``, and with this program however that ends.
final class LocalMachines: Sendable {
    private struct Greeting: Decodable {
        let localCloud: String

        enum CodingKeys: String, CodingKey { case localCloud = "local_cloud" }
    }

    private let process: ChildProcess
    private let heard: Heard
    /// What the template is to know.
    let environment: [String: String]

    private init(process: ChildProcess, heard: Heard, url: String) {
        self.process = process
        self.heard = heard
        environment = ["TF_VAR_local_cloud": url]
    }

    /// When the last machine let someone in for the first time.
    var lastMade: Date? { heard.lastMade }

    /// Starts it and waits until it serves.
    ///
    /// - Throws: ``Rig/Failure`` with what is missing here, and when it doesn't start.
    static func start(_ rig: Rig) async throws -> LocalMachines {
        let path = (rig.environment["PATH"] ?? "") + ":/usr/local/sbin:/usr/sbin:/sbin"
        guard CurrentUser.id == 0 else {
            throw Rig.Failure(description: "Only root can make machines with addresses and Docker: run the benchmark as root.")
        }
        for (name, package) in [("sshd", "openssh-server"), ("dockerd", "docker.io"), ("docker", "docker.io"), ("ip", "iproute2")] {
            guard Executable.find(name, path: path) != nil else {
                throw Rig.Failure(description: "\(name) is missing: install the package \(package).")
            }
        }
        guard let setpriv = Executable.find("setpriv", path: path) else {
            throw Rig.Failure(description: "setpriv is missing: install the package util-linux.")
        }
        let data = try rig.folder("local-cloud")
        let log = "\(data)/errors.log"
        let heard = Heard()
        let words = ["local-cloud", "--listen", "127.0.0.1:0", "--docker", "shared", "--json", "--data", data]
        var command = ChildProcess.Command(
            setpriv,
            ["--pdeathsig", "TERM", rig.slipway] + words,
            environment: rig.environment,
            folder: "/"
        )
        command.output = .pieces { heard.take($0) }
        command.errorOutput = .file(log)
        let process = try ChildProcess.start(command)
        do {
            while true {
                if let line = heard.line(containing: "\"type\":\"listening\"") {
                    let url = try JSONDecoder().decode(Greeting.self, from: Data(line.utf8)).localCloud
                    return LocalMachines(process: process, heard: heard, url: url)
                }
                guard process.status == nil else {
                    let words = FileSystem.exists(log) ? String(decoding: try FileSystem.read(log), as: UTF8.self) : ""
                    throw Rig.Failure(description: "slipway local-cloud does not start: \(words)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        } catch {
            await stop(process)
            throw error
        }
    }

    /// Ends all machines.
    func stop() async { await Self.stop(process) }

    private static func stop(_ process: ChildProcess) async {
        process.signal(15)
        _ = await process.wait()
    }

    /// What it printed.
    private final class Heard: Sendable {
        private let state: Mutex<(bytes: [UInt8], seen: Int, lastMade: Date?)> = Mutex(([], 0, nil))

        var lastMade: Date? { state.withLock { $0.lastMade } }

        func take(_ bytes: [UInt8]) {
            let now = Date()
            state.withLock { state in
                state.bytes += bytes
                // Whole lines only.
                guard let end = state.bytes.lastIndex(of: UInt8(ascii: "\n")), end >= state.seen else { return }
                if String(decoding: state.bytes[state.seen...end], as: UTF8.self).contains("\"type\":\"made\"") { state.lastMade = now }
                state.seen = end + 1
            }
        }

        func line(containing mark: String) -> String? {
            state.withLock { state in
                String(decoding: state.bytes[..<state.seen], as: UTF8.self).split(separator: "\n").first { $0.contains(mark) }
                    .map(String.init)
            }
        }
    }
}

import Host
import Synchronization

/// A simulated AWS on a free port of this machine.
final class Moto: Sendable {
    private let process: ChildProcess
    let url: String

    private init(process: ChildProcess, url: String) {
        self.process = process
        self.url = url
    }

    /// Starts it and waits until it serves.
    static func start(_ rig: Rig) async throws -> Moto {
        let program = try rig.tool("moto_server", remedy: "run `make bootstrap`, or `pip install 'moto[server]'`.")
        let log = "\(rig.folder)/moto.log"
        var command = ChildProcess.Command(program, ["-p", "0"], environment: rig.environment, folder: rig.folder)
        command.output = .file(log)
        command.errorOutput = .file(log)
        let process = try ChildProcess.start(command)
        for _ in 0..<1200 {
            let text = FileSystem.exists(log) ? String(decoding: try FileSystem.read(log), as: UTF8.self) : ""
            if let line = text.split(separator: "\n").first(where: { $0.contains("Running on http") }),
                let url = line.split(separator: " ").last
            {
                return Moto(process: process, url: String(url))
            }
            if process.status != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.signal(9, group: true)
        throw Rig.Failure(description: "moto_server does not start.")
    }

    func stop() async {
        process.signal(15, group: true)
        _ = await process.wait()
    }
}

internal import Glibc
internal import Host

/// A real Docker daemon of a test's own, without networks of its own; only root can start one.
package final class ThrowawayDocker: Sendable {
    private let folder: TemporaryFolder
    private let process: TendedProcess

    /// Where it listens.
    package var socket: String { "\(folder.path)/docker.sock" }

    /// Whether one can be started here.
    package static var isPossible: Bool { geteuid() == 0 && RequiredTool.docker.path != nil }

    /// Starts one, and waits until it answers.
    ///
    /// - Throws: ``TooLate`` with its log.
    package init() async throws {
        guard let program = RequiredTool.docker.path else { throw RequiredTool.Missing(tool: .docker) }
        let folder = try TemporaryFolder()
        self.folder = folder
        // The socket itself says whom it lets in, as on a real machine.
        chmod(folder.path, 0o711)
        let log = "\(folder.path)/log"
        process = try TendedProcess(
            [
                program, "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs", "--data-root",
                "\(folder.path)/data", "--exec-root", "\(folder.path)/exec", "-H", "unix://\(folder.path)/docker.sock", "-p",
                "\(folder.path)/pid",
            ],
            folder: folder,
            log: log
        )
        do {
            try await within(.seconds(180), "dockerd") {
                while true {
                    // Not there before it has begun to write.
                    let text = (try? FileSystem.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                    if text.contains("API listen on") { return }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        } catch {
            // Before it started there is none.
            let text = (try? FileSystem.read(log)).map { String(decoding: $0.suffix(2000), as: UTF8.self) } ?? ""
            // The reason that it doesn't start matters more. It mounts its data folder on itself.
            try? await process.kill()
            try? await Spawn.run(["umount", "-l", "\(folder.path)/data"])
            folder.remove()
            throw TooLate(description: "dockerd does not start: \(text)")
        }
    }

    deinit { process.release() }

    /// Ends it, with the containerd that it started.
    package func stop() async throws {
        guard FileSystem.exists("\(folder.path)/pid") else { return }
        let text = String(decoding: try FileSystem.read("\(folder.path)/pid"), as: UTF8.self)
        guard let pid = Int32(text.filter(\.isNumber)) else { return }
        kill(pid, SIGTERM)
        let folder = folder
        try await within(.seconds(60), "the end of dockerd") {
            // The last that it does; its parent, a shell, buries it later.
            while FileSystem.exists("\(folder.path)/pid") { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    /// Ends it, and removes its files.
    package func end() async throws {
        // Stopped by the test already.
        try? await stop()
        try await process.kill()
        folder.remove()
    }
}

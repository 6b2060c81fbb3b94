internal import Glibc
internal import Host
package import Remote
package import Sealing

/// A real sshd of a test's own on a loopback port, with keys that only the test knows; it ends with this process.
///
/// Its sessions are those of the user who runs the tests, also when that is root.
package final class ThrowawaySSHServer: Sendable {
    package let folder: TemporaryFolder
    package let port: Int
    /// What a client offers to get in.
    package let clientKey: SSHPrivateKey
    /// The text of the same key, OpenSSH's format.
    package let clientKeyText: [UInt8]
    /// The public half of the server's ed25519 key.
    package let hostKey: SSHHostKey
    package let user: String
    private let process: TendedProcess

    package var address: SSHAddress { SSHAddress(host: "127.0.0.1", port: port) }

    /// Starts one and waits until it listens.
    ///
    /// - Parameters:
    ///   - port: A free one when nil.
    ///   - user: Who logs in; who runs the tests when nil.
    ///   - settings: More lines of sshd_config(5), which count before the test kit's own.
    ///   - hostKey: The text of its ed25519 key; a fresh one when nil.
    ///   - authorized: More lines of authorized_keys.
    /// - Throws: ``TooLate`` with sshd's own words when it doesn't start.
    package init(
        port: Int? = nil,
        user: TestUser? = nil,
        settings: [String] = [],
        hostKey: [UInt8]? = nil,
        authorized: [String] = []
    ) async throws {
        guard let program = RequiredTool.sshd.path else { throw RequiredTool.Missing(tool: .sshd) }
        let folder = try TemporaryFolder()
        self.folder = folder
        let client = try SSHKeyPair.generate(comment: "test")
        clientKeyText = client.privateKey
        clientKey = try SSHPrivateKey(client.privateKey)
        let hostText = try hostKey ?? SSHKeyPair.generate(comment: "host").privateKey
        self.hostKey = try SSHPrivateKey(hostText).publicKey
        self.user = user?.name ?? Self.currentUser()
        try FileSystem.write(hostText, to: "\(folder.path)/host_ed25519")
        let authorizedLines = [client.publicKey] + authorized
        try FileSystem.write(Array(authorizedLines.joined(separator: "\n").utf8) + [10], to: "\(folder.path)/authorized_keys")
        // sshd insists on this folder when root starts it, though nothing is ever in it.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        var found: (Int, TendedProcess)?
        for _ in 0..<5 where found == nil {
            let chosen = try port ?? Loopback.freePort()
            let configuration = settings + Self.configuration(folder.path, port: chosen)
            try FileSystem.write(Array(configuration.joined(separator: "\n").utf8) + [10], to: "\(folder.path)/sshd_config")
            let process = try TendedProcess(
                (user?.knowing ?? []) + [program, "-D", "-e", "-f", "\(folder.path)/sshd_config"],
                folder: folder,
                log: "\(folder.path)/log"
            )
            if try await Self.waitUntilItListens("\(folder.path)/log", chosen) { found = (chosen, process) }
        }
        guard let (port, process) = found else {
            throw TooLate(description: "sshd does not start: \(try Self.text("\(folder.path)/log"))")
        }
        self.port = port
        self.process = process
    }

    deinit { process.release() }

    /// What sshd has logged.
    package var log: String { get throws { try Self.text("\(folder.path)/log") } }

    /// Ends it, and its sessions.
    package func end() async throws {
        let sessions = try sessions()
        try await process.kill()
        for session in sessions { kill(session, SIGKILL) }
        folder.remove()
    }

    /// Lets one more key in.
    package func authorize(_ key: SSHPublicKey) throws {
        let path = "\(folder.path)/authorized_keys"
        try FileSystem.write(try FileSystem.read(path) + Array("\(key.text)\n".utf8), to: path)
    }

    /// Ends every session's process, as a machine that dies does; it goes on listening.
    package func killSessions() throws { for session in try sessions() { kill(session, SIGKILL) } }

    // MARK: - Details

    private func sessions() throws -> [Int32] {
        let main = try Self.text("\(folder.path)/pid").trimmed
        // The master's children; each has others of its own, which end with it.
        return try Self.text("/proc/\(main)/task/\(main)/children").split(separator: " ").compactMap { Int32($0) }
    }

    private static func configuration(_ folder: String, port: Int) -> [String] {
        [
            "Port \(port)", "ListenAddress 127.0.0.1", "HostKey \(folder)/host_ed25519", "PidFile \(folder)/pid",
            "AuthorizedKeysFile \(folder)/authorized_keys", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "PermitRootLogin yes", "Subsystem sftp internal-sftp", "LogLevel VERBOSE", "UseDNS no",
            "MaxStartups 500", "MaxSessions 100", "PrintMotd no", "PrintLastLog no",
        ]
    }

    /// False when the port was taken in between.
    private static func waitUntilItListens(_ log: String, _ port: Int) async throws -> Bool {
        try await within(.seconds(60), "sshd") {
            while true {
                // The file may not be there yet.
                let text = (try? Self.text(log)) ?? ""
                if text.contains("Server listening on 127.0.0.1 port \(port)") { return true }
                if text.contains("Cannot bind any address") { return false }
                if text.contains("fatal") || text.contains("no hostkeys") || text.contains("configuration option") {
                    throw TooLate(description: text)
                }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Who runs the tests.
    package static func currentUser() -> String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    }

    private static func text(_ path: String) throws -> String { String(decoding: try FileSystem.read(path), as: UTF8.self) }
}

extension String {
    fileprivate var trimmed: String { String(filter { !$0.isWhitespace }) }
}

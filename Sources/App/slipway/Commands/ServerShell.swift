import API
import Domain
import FoundationEssentials
import Host
import Registration
import Storage

/// Runs `slipway server ssh`: this system's ssh, with the server's pinned host key.
enum ServerShell {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("SERVER")
        let installation = try await context.installation()
        let server: ServerDocument = try await installation.get("servers", name, query: context.organizationQuery)
        guard !server.hostKeys.isEmpty else {
            throw CommandError("The server '\(server.name)' was never reached, so its host key is not known; register it first.")
        }
        guard let ssh = Executable.find("ssh", path: context.environment["PATH"] ?? "/usr/bin:/bin") else {
            throw CommandError("There is no ssh on this machine's PATH; install OpenSSH's client.")
        }
        // Neither file is ever on a disk: ssh reads both from this process's memory.
        let alias = "slipway-server-\(server.server)"
        let known = try MemoryFile(Array(server.hostKeys.map { "\(alias) \($0)\n" }.joined().utf8))
        let key = try await key(for: server, installation, context)
        var arguments = [
            "-p", String(server.port), "-l", server.user, "-o", "HostKeyAlias=\(alias)", "-o", "StrictHostKeyChecking=yes",
            "-o", "UserKnownHostsFile=\(known.path)", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "UpdateHostKeys=no",
        ]
        if let key { arguments += ["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", key.path] }
        arguments += ["--", server.ipAddress] + context.command.strings("COMMAND")
        let process = try ChildProcess.start(
            ChildProcess.Command(
                ssh,
                arguments,
                environment: context.environment.filter { !$0.key.hasPrefix("SLIPWAY_") },
                input: .descriptor(0),
                output: .descriptor(1),
                errorOutput: .descriptor(2),
                newSession: false
            )
        )
        let status = await process.wait()
        return withExtendedLifetime((known, key)) { status.isSuccess ? .done : .failed }
    }

    /// The organization's key where this machine has the keyring; elsewhere the person's own keys have to do.
    private static func key(
        for server: ServerDocument,
        _ installation: Installation,
        _ context: CommandContext
    ) async throws -> MemoryFile? {
        guard let name = server.sshKey else { return nil }
        let program: Composition
        switch installation.place {
        case .server: return nil
        case .socket: program = try await context.open()
        case .here:
            guard let own = installation.program else { return nil }
            program = own
        }
        let keys = program.registration.keys
        let found = try await program.database.read { try ServerStore().server(ServerID(rawValue: server.server), in: $0) }
        guard let found else { return nil }
        return try MemoryFile(try await keys.privateText(of: try await keys.require(name, of: found.organization, by: program.author)))
    }
}

internal import FoundationEssentials
internal import Host
internal import Sealing

/// A machine to be registered: a real sshd with a home, and programs of its own in front of this system's.
package struct TestMachine: Sendable {
    /// What it says of Docker.
    package enum Docker: Sendable {
        case answering(String), stopped, denied
        /// The real one, by this socket.
        case real(socket: String)
        /// As it is on this system.
        case none
    }

    /// Its sshd.
    package let server: ThrowawaySSHServer
    package let folder: TemporaryFolder
    /// Its login's home.
    package let home: String
    private let user: TestUser?

    /// Starts one.
    ///
    /// - Parameters:
    ///   - docker: What it says of Docker.
    ///   - home: Another folder than one of its own.
    ///   - settings: More lines for sshd.
    ///   - variables: More of its logins' environment, as `NAME=VALUE`.
    ///   - user: Who logs in; who runs the tests when nil.
    ///   - holdsLogins: Logins can be held up, too.
    /// - Returns: It, listening.
    /// - Throws: ``TooLate``.
    package static func start(
        docker: Docker = .answering("24.0.7"),
        home: String? = nil,
        settings: [String] = [],
        variables: [String] = [],
        user: TestUser? = nil,
        holdsLogins: Bool = false
    ) async throws -> TestMachine {
        let folder = try TemporaryFolder()
        let home = home ?? user?.home ?? "\(folder.path)/home"
        try FileSystem.makeFolder(home)
        try FileSystem.makeFolder("\(home)/.ssh")
        try FileSystem.makeFolder("\(folder.path)/bin")
        var environment = "HOME=\(home) PATH=\(folder.path)/bin:/usr/local/bin:/usr/bin:/bin"
        if case .real(let socket) = docker { environment += " DOCKER_HOST=unix://\(socket)" }
        for variable in variables { environment += " \(variable)" }
        let logins = holdsLogins ? loginSettings(folder.path) : []
        let server = try await ThrowawaySSHServer(
            user: user,
            settings: settings + logins + ["SetEnv \(environment)", "AuthorizedKeysFile \(home)/.ssh/authorized_keys"]
        )
        let machine = TestMachine(server: server, folder: folder, home: home, user: user)
        if holdsLogins { try machine.openLogins() }
        switch docker {
        case .answering(let version):
            try machine.program(
                "docker",
                "case $1 in --version) echo 'Docker version \(version), build x';; version) echo \(version);; info) echo /;; esac"
            )
        case .stopped:
            try machine.program(
                "docker",
                "case $1 in --version) echo 'Docker version 24.0.7';; *) echo 'Cannot connect to the Docker daemon' >&2; exit 1;; esac"
            )
        case .denied:
            try machine.program(
                "docker",
                "case $1 in --version) echo 'Docker version 24.0.7';; *) echo 'permission denied at the Docker daemon socket' >&2; exit 1;; esac"
            )
        case .real, .none: break
        }
        user?.give(home)
        return machine
    }

    /// Ends it.
    package func end() async throws {
        try release()
        try await server.end()
        folder.remove()
    }

    /// Gives `body` a machine that is ended afterwards.
    package static func with<T>(
        docker: Docker = .answering("24.0.7"),
        home: String? = nil,
        settings: [String] = [],
        variables: [String] = [],
        user: TestUser? = nil,
        holdsLogins: Bool = false,
        _ body: (TestMachine) async throws -> T
    ) async throws -> T {
        let machine = try await start(
            docker: docker,
            home: home,
            settings: settings,
            variables: variables,
            user: user,
            holdsLogins: holdsLogins
        )
        do {
            let value = try await body(machine)
            try await machine.end()
            return value
        } catch {
            // The test's own error matters more.
            try? await machine.end()
            throw error
        }
    }

    /// A program that is found before this system's.
    package func program(_ name: String, _ text: String) throws {
        let path = "\(folder.path)/bin/\(name)"
        try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// Lets a key in, as cloud-init does.
    package func authorize(_ publicKey: String) throws {
        try "\(publicKey)\n".write(toFile: keysPath, atomically: true, encoding: .utf8)
        user?.give(home)
    }

    var keysPath: String { "\(home)/.ssh/authorized_keys" }

    /// Its sshd's key: `ssh-ed25519 AAAA…`.
    package var hostKey: String { server.hostKey.text }
    /// The lines of the file.
    package var authorizedKeys: [String] {
        get throws { try String(contentsOfFile: keysPath, encoding: .utf8).split(separator: "\n").map(String.init) }
    }
}

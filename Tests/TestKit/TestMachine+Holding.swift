package import Domain
internal import FoundationEssentials
internal import Host

/// Holding a machine up in a stage of its registration.
extension TestMachine {
    /// Where a registration can be held up.
    package enum Hold: Sendable {
        /// On the machine, in a program of this name that the stage runs there.
        case program(String)
        /// In the writes of servers' rows that the stage consists of: the machine is asked nothing. They come after a program there, if any.
        case rows(after: String?)
    }

    /// How a registration is held up in a stage.
    ///
    /// - Throws: ``TooLate`` for a stage that nobody has thought about yet.
    package static func hold(of stage: JobStage) throws -> Hold {
        switch stage {
        case .outputs: return .rows(after: nil)
        case .connect: return .program(loginProgram)
        case .cloudInit: return .program("cloud-init")
        case .keys: return .program("mkdir")
        case .docker: return .program("docker")
        case .health: return .program("nproc")
        case .register: return .rows(after: "nproc")
        default: throw TooLate(description: "a way to hold a registration up in its stage \(stage.rawValue), which belongs here,")
        }
    }

    /// Lets the first call of a program wait until ``release()``; those that follow are the system's.
    ///
    /// Logins all wait.
    package func hold(_ name: String) throws {
        try "".write(toFile: "\(folder.path)/held", atomically: true, encoding: .utf8)
        let held = "while [ -e \(folder.path)/held ]; do sleep 0.05; done"
        let reached = "/bin/mkdir \(folder.path)/reached 2>/dev/null"
        if name == Self.loginProgram { return try program(name, "\(reached); \(held); cat \(keysPath)") }
        let after = FileSystem.exists("\(folder.path)/bin/\(name)") ? "\(folder.path)/bin/\(name).real" : nil
        if let after { try FileManager.default.moveItem(atPath: "\(folder.path)/bin/\(name)", toPath: after) }
        try program(
            name,
            """
            if \(reached); then \(held); fi
            p=$(for d in /usr/local/bin /usr/bin /bin; do [ -x $d/\(name) ] && { echo $d/\(name); break; }; done)
            \(after.map { "p=\($0)" } ?? "")
            [ -z "$p" ] && echo 'status: done' && exit 0
            exec "$p" "$@"
            """
        )
    }

    /// Whether the held program was called.
    package var isReached: Bool { FileSystem.exists("\(folder.path)/reached") }

    /// Lets a held program go on.
    package func release() throws { try FileSystem.removeFile("\(folder.path)/held") }

    // MARK: - Logins

    /// What says which keys a login may have, on a machine whose logins are to be held up.
    static let loginProgram = "login-keys"

    /// Settings of a sshd that asks that program; `/bin/sh` runs it, for sshd wants a program that nobody else could have written.
    static func loginSettings(_ folder: String) -> [String] {
        [
            "AuthorizedKeysFile none", "AuthorizedKeysCommand /bin/sh \(folder)/bin/\(loginProgram)",
            "AuthorizedKeysCommandUser \(ThrowawaySSHServer.currentUser())",
        ]
    }

    /// Lets in whoever has a key, without delay.
    func openLogins() throws { try program(Self.loginProgram, "cat \(keysPath)") }
}

internal import Host

/// How bubblewrap is used here.
///
/// - SeeAlso: <https://github.com/containers/bubblewrap>
struct Bubblewrap: Sendable, Hashable {
    /// The program's file.
    let path: String
    /// What else the kernel refuses to all in the sandbox; nil where libseccomp is missing.
    let filter: SystemCallFilter?
    /// As whom everything in the sandbox runs; nil for this user, in a user namespace of its own, which an ordinary user needs.
    let user: FileOwner?
    /// Where the programs that make a network are looked for.
    let searchPath: String

    /// Terraform is process 1 in there, and not a child of bubblewrap's.
    ///
    /// Process 1 of bubblewrap holds the same descriptors, and where it runs as the same user, everything in the sandbox may open them.
    var isFirstProcessTerraform: Bool { user == nil }

    /// The command that runs a program in the sandbox.
    ///
    /// - Parameters:
    ///   - arguments: Bubblewrap's, beyond what every run has: secrets may be among them.
    ///   - folder: Where the program starts.
    ///   - network: What it reaches.
    ///   - program: Its path as it is in there, and its arguments.
    /// - Returns: The command, its output not yet connected.
    /// - Throws: ``HostError`` when there is no memory left for it.
    func command(
        _ arguments: [String],
        in folder: String = "/",
        network: RunNetwork = .host,
        _ program: [String]
    ) throws(HostError) -> ChildProcess.Command {
        // Through a descriptor: every process of the machine can read a command line, and these are credentials. Not through bwrap's own
        // environment either: an LD_PRELOAD among them would be obeyed outside the sandbox.
        let hidden = Sandbox.Layout.isolation + Sandbox.Layout.system() + arguments
        var inherited = [try MemoryFile(Array(hidden.joined(separator: "\0").utf8) + [0])]
        var (entrance, visible) = ([path], ["--args", "3"])
        switch network.entry {
        case .host: break
        case .nothing: visible.append("--unshare-net")
        case .filtered(let network):
            entrance = network.entrance + entrance
            inherited.append(try MemoryFile(Array(network.resolverSettings.utf8)))
            visible += ["--perms", "0644", "--ro-bind-data", "4", "/etc/resolv.conf"]
            // It is root in the network's namespace of users, and the program is neither that nor has any of its rights.
            if user == nil { visible += ["--uid", "\(CurrentUser.id)", "--gid", "\(CurrentUser.group)", "--cap-drop", "ALL"] }
        }
        visible += Sandbox.Layout.closing + ["--chdir", folder]
        if let filter {
            visible += ["--seccomp", "\(3 + inherited.count)"]
            inherited.append(try MemoryFile(filter.program))
        }
        var command = ChildProcess.Command(entrance[0], entrance.dropFirst() + visible + identity + program)
        command.inherited = inherited.map(ChildProcess.Command.Inherited.memory)
        command.folder = "/"
        // Another network has none of this machine's.
        command.hasNoAbstractSockets = network.isHost && closesAbstractSockets
        return command
    }

    /// Whether a run in the machine's own network is kept from the abstract sockets there.
    ///
    /// Not where bubblewrap gets its rights from its file: nothing in the kernel's scope does.
    var closesAbstractSockets: Bool { AbstractSockets.canBeClosed && (FileFacts(of: path)?.mode ?? 0) & 0o4000 == 0 }

    /// What makes the program another user's.
    private var identity: [String] {
        guard let user else { return ["--unshare-user", "--as-pid-1"] }
        // Set up by root, without a namespace of users, and given up in there. setpriv(1) would not do: it goes on with root's rights until its
        // exec, to which the program's file is readable, and so are all of its process's to its user.
        return ["/usr/sbin/chroot", "--userspec=\(user.user):\(user.group)", "--groups=", "--skip-chdir", "/"]
    }

    /// Nil when it works.
    func fault() async -> String? {
        do throws(HostError) {
            let answer = try await ChildProcess.run(try command([], ["/bin/true"]), timeout: .seconds(10))
            if answer.status.isSuccess { return nil }
            return answer.errorText.split(separator: "\n").first.map(String.init) ?? "it ended with \(answer.status.end)"
        } catch {
            return error.description
        }
    }
}

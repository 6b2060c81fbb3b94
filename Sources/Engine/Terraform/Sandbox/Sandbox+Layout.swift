internal import Host

extension Sandbox {
    /// What a sandboxed run sees.
    enum Layout {
        static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        /// The same for every run, so that `path.cwd` and `abspath` give the same each time and plans stay empty.
        static let workspace = "/workspace"
        static let providers = "/slipway/providers"
        static let incoming = "/slipway/incoming"

        static let isolation = [
            "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session", "--clearenv",
        ]

        /// The system's programs, and of `/etc` what name resolution and TLS need.
        static func system() -> [String] {
            var arguments = ["--ro-bind", "/usr", "/usr"]
            for folder in ["/bin", "/sbin", "/lib", "/lib32", "/lib64"] {
                switch FileFacts(of: folder)?.kind {
                case .link:
                    // Without a readable target it is left out.
                    guard let target = try? FileSystem.linkTarget(folder) else { continue }
                    arguments += ["--symlink", String(decoding: target, as: UTF8.self), folder]
                case .folder: arguments += ["--ro-bind", folder, folder]
                default: continue
                }
            }
            let settings = [
                "ssl", "pki", "ca-certificates", "ca-certificates.conf", "resolv.conf", "hosts", "host.conf", "gai.conf", "nsswitch.conf",
                "services", "protocols", "alternatives", "localtime", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
            ]
            for name in settings { arguments += ["--ro-bind-try", "/etc/\(name)", "/etc/\(name)"] }
            return arguments + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--setenv", "PATH", searchPath]
        }
    }

    /// A program and what it may touch.
    struct Order {
        /// The program's file.
        var program: String
        var arguments: [String]
        /// Everything the program gets, but for PATH, HOME and TMPDIR.
        var environment: [String: String]
        /// The workspace's inner folder.
        var insideFolder: String
        /// What the run is given of the provider store, and nothing else of it: host path and path inside, read-only.
        var providers: [Bind] = []
        /// The run's own folder for downloads.
        var downloads: String?
        /// `init` writes into it; every other command only reads.
        var writesDownloads = false
        /// Folders of the host that are shown at the same place, read-only.
        var readOnly: [String] = []
    }

    /// A folder of the host, and where a run sees it.
    struct Bind: Sendable, Hashable {
        var source: String
        var target: String
    }

    /// Where the run sees the workspace's inner folder.
    func workspace(_ insideFolder: String) -> String { isInForce ? Layout.workspace : insideFolder }
    /// Where it sees the store.
    func providers(_ folder: String) -> String { isInForce ? Layout.providers : folder }
    /// Where it sees the folder for downloads.
    func incoming(_ folder: String) -> String { isInForce ? Layout.incoming : folder }

    /// The command that carries out an order.
    ///
    /// - Parameter order: What to run.
    /// - Returns: The command, its output not yet connected.
    /// - Throws: ``HostError`` when there is no memory left for it.
    func command(_ order: Order) throws(HostError) -> ChildProcess.Command {
        switch means {
        case .bubblewrap(let path): try sandboxed(order, bubblewrap: path)
        case .setpriv(let path): open(order, path, ["--pdeathsig", "KILL", order.program])
        case .nothing: open(order, order.program, [])
        }
    }

    private func open(_ order: Order, _ executable: String, _ prefix: [String]) -> ChildProcess.Command {
        var environment = order.environment
        environment["PATH"] = Layout.searchPath
        environment["TMPDIR"] = "\(order.writesDownloads ? order.downloads ?? order.insideFolder : order.insideFolder)/tmp"
        environment["HOME"] = "\(order.insideFolder)/tmp"
        // ``Survivors`` finds by it what a dead worker's run left.
        environment["SLIPWAY_WORKSPACE"] = order.insideFolder
        var command = ChildProcess.Command(executable, prefix + order.arguments, environment: environment)
        command.folder = "\(order.insideFolder)/source"
        return command
    }

    private func sandboxed(_ order: Order, bubblewrap: String) throws(HostError) -> ChildProcess.Command {
        let name = order.program.split(separator: "/").last.map(String.init) ?? "terraform"
        var arguments = Layout.isolation + Layout.system()
        arguments += ["--ro-bind", order.program, "/slipway/\(name)"]
        for provider in order.providers { arguments += ["--ro-bind", provider.source, provider.target] }
        if let downloads = order.downloads { arguments += [order.writesDownloads ? "--bind" : "--ro-bind", downloads, Layout.incoming] }
        let temporary = order.writesDownloads ? "\(Layout.incoming)/tmp" : "/tmp"
        for folder in order.readOnly { arguments += ["--ro-bind-try", folder, folder] }
        for (name, value) in order.environment { arguments += ["--setenv", name, value] }
        arguments += ["--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", temporary, "--setenv", "PATH", Layout.searchPath]
        // Through a descriptor: every process of the machine can read a command line, and these are credentials. Not through bwrap's own
        // environment either: an LD_PRELOAD among them would be obeyed outside the sandbox.
        let file = try MemoryFile(Array(arguments.joined(separator: "\0").utf8) + [0])
        var command = ChildProcess.Command(
            bubblewrap,
            // The workspace's path stands on the command line: ``Survivors`` looks for it.
            ["--args", "3", "--bind", order.insideFolder, Layout.workspace, "--chdir", "\(Layout.workspace)/source", "/slipway/\(name)"]
                + order.arguments
        )
        command.inherited = [.memory(file)]
        command.folder = "/"
        return command
    }
}

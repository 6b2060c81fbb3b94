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
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv",
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
            // Where they begin with a file that is bound, bubblewrap makes the folder for its owner only.
            arguments += ancestors(of: "/etc/")
            let settings = [
                "ssl", "pki", "ca-certificates", "ca-certificates.conf", "resolv.conf", "hosts", "host.conf", "gai.conf", "nsswitch.conf",
                "services", "protocols", "alternatives", "localtime", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
            ]
            arguments += ancestors(of: "/etc/")
            for name in settings { arguments += ["--ro-bind-try", "/etc/\(name)", "/etc/\(name)"] }
            return arguments + kernel() + ancestors(of: workspace + "/") + ancestors(of: "/slipway/") + ["--setenv", "PATH", searchPath]
        }

        /// The folders above one, open to every user: made by bubblewrap as it goes along they would be open to who makes them only.
        static func ancestors(of folder: String) -> [String] {
            folder.indices.dropFirst().filter { folder[$0] == "/" }.flatMap { ["--perms", "0755", "--dir", String(folder[..<$0])] }
        }

        /// `/proc`, `/dev` and what is in memory.
        private static func kernel() -> [String] {
            // For root each of its files is one that it may write, whatever the modes of the folders say.
            var arguments = ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
            for name in ["sysrq-trigger", "keys", "key-users", "kcore", "kallsyms", "kmsg", "timer_list", "sched_debug"]
            where FileFacts(of: "/proc/\(name)") != nil {
                arguments += ["--ro-bind", "/dev/null", "/proc/\(name)"]
            }
            arguments += ["--dev", "/dev"]
            for folder in memoryFolders { arguments += ["--perms", "1777", "--size", "\(temporarySize)", "--tmpfs", folder] }
            return arguments
        }

        /// What is written there is memory.
        static let memoryFolders = ["/dev/shm", "/tmp"]

        /// Of each folder in memory that is no part of the workspace, in bytes.
        private static let temporarySize = 1 << 30

        /// Nothing is left to write but the workspace and the folders for temporary files; goes last, for what follows could not be made.
        static let closing = ["--remount-ro", "/dev", "--remount-ro", "/"]
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
        /// What the kernel is to watch.
        var limits = RunLimits()
        var network = RunNetwork.host
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
        case .bubblewrap(let bubblewrap): try sandboxed(order, bubblewrap)
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

    private func sandboxed(_ order: Order, _ bubblewrap: Bubblewrap) throws(HostError) -> ChildProcess.Command {
        let name = order.program.split(separator: "/").last.map(String.init) ?? "terraform"
        var arguments = ["--ro-bind", order.program, "/slipway/\(name)"]
        for provider in order.providers {
            arguments += Layout.ancestors(of: provider.target) + ["--ro-bind", provider.source, provider.target]
        }
        if let downloads = order.downloads { arguments += [order.writesDownloads ? "--bind" : "--ro-bind", downloads, Layout.incoming] }
        let temporary = order.writesDownloads ? "\(Layout.incoming)/tmp" : "/tmp"
        for folder in order.readOnly { arguments += Layout.ancestors(of: folder) + ["--ro-bind-try", folder, folder] }
        for (name, value) in order.environment { arguments += ["--setenv", name, value] }
        arguments += ["--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", temporary, "--setenv", "PATH", Layout.searchPath]
        arguments += ["--bind", order.insideFolder, Layout.workspace]
        var command = try bubblewrap.command(
            arguments,
            in: "\(Layout.workspace)/source",
            network: order.network,
            ["/usr/bin/prlimit"] + order.limits.arguments(userIsShared: bubblewrap.user != nil) + ["/slipway/\(name)"] + order.arguments
        )
        // Bubblewrap's own, which the run doesn't get: ``Survivors`` finds by it what a dead worker's run left. Where bubblewrap is process 1 in
        // there, a run reads its command line, and not this.
        command.environment["SLIPWAY_WORKSPACE"] = order.insideFolder
        return command
    }
}

import FoundationEssentials
import Host
import Log

/// How machines of the local cloud are made here: with which programs, and how far they are set apart.
struct MachineSetting: Sendable {
    enum Network: String, Sendable, Codable {
        /// A network namespace and an address for each; needs root.
        case own
        /// 127.0.0.1, and a port for each.
        case loopback
    }

    enum Docker: String, Sendable, CaseIterable {
        case none
        /// One daemon that all machines use: for root one of their own, for others this machine's.
        case shared
        /// A daemon for each machine.
        case each
    }

    let network: Network
    let docker: Docker
    let isRoot: Bool
    /// Whom the machines let in.
    let user: String
    /// The user's home, which each machine has one of its own of.
    let home: String
    let sshd: String
    let setpriv: String
    let unshare: String
    let ip: String
    let bubblewrap: String
    let shell: String
    /// The client and the socket of this machine's own daemon, which a user's machines share; nil for root, who starts daemons.
    let ownDocker: (client: String, socket: String)?

    /// Finds the programs.
    ///
    /// - Parameters:
    ///   - environment: Its PATH is searched, and then the folders where Debian keeps servers.
    ///   - loopback: No networks of their own, also for root.
    ///   - docker: Whether machines have Docker.
    ///   - servers: The folders where Debian keeps servers.
    /// - Throws: ``CommandError`` that names what is missing and how to get it.
    init(environment: [String: String], loopback: Bool, docker: Docker, servers: String = "/usr/local/sbin:/usr/sbin:/sbin") throws {
        let path = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") + ":" + servers
        func find(_ program: String, _ package: String, for purpose: String) throws -> String {
            if let found = Executable.find(program, path: path) { return found }
            throw CommandError("The program \(program) is missing, \(purpose): install the package \(package).")
        }
        isRoot = CurrentUser.id == 0
        network = isRoot && !loopback ? .own : .loopback
        self.docker = docker
        guard let name = CurrentUser.name, let home = CurrentUser.home else {
            throw CommandError("This user is not in the system's list of users, so that nobody could log in: run it as another one.")
        }
        user = name
        self.home = home
        sshd = try find("sshd", "openssh-server", for: "which the machines are made of")
        shell = try find("sh", "dash", for: "which starts the machines")
        if isRoot {
            setpriv = try find("setpriv", "util-linux", for: "which ends the machines with this program")
            unshare = try find("unshare", "util-linux", for: "which sets the machines apart")
        } else {
            setpriv = ""
            unshare = ""
        }
        ip = network == .own ? try find("ip", "iproute2", for: "which gives the machines their addresses; or use --loopback") : ""
        bubblewrap = isRoot ? "" : try find("bwrap", "bubblewrap", for: "which gives each machine a home of its own")
        guard docker != .none else {
            ownDocker = nil
            return
        }
        guard isRoot || docker == .shared else {
            throw CommandError(
                "Only root can start Docker daemons: run it as root, or take --docker shared, which lets the machines use this machine's own."
            )
        }
        let client = try find("docker", "docker.io", for: "which --docker needs")
        guard !isRoot else {
            _ = try find("dockerd", "docker.io", for: "which --docker needs")
            ownDocker = nil
            return
        }
        let host = environment["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"
        guard host.hasPrefix("unix:///") else {
            throw CommandError("The machines can share only a Docker daemon with a socket here, and DOCKER_HOST is \(Harmless.line(host)).")
        }
        ownDocker = (client, String(host.dropFirst("unix://".count)))
    }

    /// Tries what the machines will need.
    ///
    /// - Throws: ``CommandError`` where the kernel or a container doesn't allow it.
    func check() async throws {
        let command =
            isRoot
            ? ChildProcess.Command(unshare, namespaces + ["true"], environment: Self.environment)
            : ChildProcess.Command(
                bubblewrap,
                ["--unshare-user", "--unshare-pid", "--die-with-parent", "--bind", "/", "/", "--proc", "/proc", "true"],
                environment: Self.environment
            )
        let answer = try await ChildProcess.run(command, timeout: .seconds(30))
        if answer.status.isSuccess { return try await checkOwnDocker() }
        let why = Self.firstLine(answer)
        let remedy = network == .own ? "run it outside the container, or try --loopback" : "allow this user namespaces, or run it as root"
        throw CommandError("Machines can't be set apart here (\(why)): \(remedy).")
    }

    private func checkOwnDocker() async throws {
        guard let (client, socket) = ownDocker else { return }
        let command = ChildProcess.Command(client, ["-H", "unix://\(socket)", "version"], environment: Self.environment)
        let answer = try await ChildProcess.run(command, timeout: .seconds(30))
        if answer.status.isSuccess { return }
        throw CommandError(
            "This machine's Docker at \(socket) can't be used (\(Self.firstLine(answer))): start it, and let \(user) use it "
                + "(sudo usermod -aG docker \(user), and log in again), or leave --docker out."
        )
    }

    private static func firstLine(_ answer: ChildProcess.Finished) -> String {
        Harmless.line(answer.errorText.split(separator: "\n").first.map(String.init) ?? "it ended with \(answer.status.end)")
    }

    /// What unshare(1) sets apart.
    var namespaces: [String] {
        ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--mount-proc"] + (network == .own ? ["--net"] : [])
    }

    /// What the programs of a machine see.
    static let environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]

    var sentence: String {
        let place =
            switch network {
            case .own: "Each machine has an address of its own in 198.18.0.0/16"
            case .loopback: "Each machine has a port of its own on 127.0.0.1"
            }
        switch docker {
        case .none:
            let option = isRoot ? "--docker each" : "--docker shared, if this machine has it"
            return "\(place), and no Docker: servers become ready only with it (\(option))."
        case .shared: return "\(place); all share \(isRoot ? "one" : "this machine's") Docker daemon."
        case .each: return "\(place) and a Docker daemon of its own."
        }
    }
}

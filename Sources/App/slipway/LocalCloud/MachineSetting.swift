import FoundationEssentials
import Host

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
        /// One daemon that all machines use.
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

    /// Finds the programs.
    ///
    /// - Parameters:
    ///   - environment: Its PATH is searched, and then the folders where Debian keeps servers.
    ///   - loopback: No networks of their own, also for root.
    ///   - docker: Whether machines have Docker.
    /// - Throws: ``CommandError`` that names what is missing and how to get it.
    init(environment: [String: String], loopback: Bool, docker: Docker) throws {
        let path = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
        func find(_ program: String, _ package: String, for purpose: String) throws -> String {
            if let found = Executable.find(program, path: path) { return found }
            throw CommandError("\(program) is missing, \(purpose): install the package \(package).")
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
        guard docker != .none else { return }
        guard isRoot else { throw CommandError("Only root can start Docker daemons: leave --docker out, or run it as root.") }
        _ = try find("dockerd", "docker.io", for: "which --docker needs")
        _ = try find("docker", "docker.io", for: "which --docker needs")
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
        if answer.status.isSuccess { return }
        let why = answer.errorText.split(separator: "\n").first.map(String.init) ?? "it ended with \(answer.status.end)"
        let remedy = network == .own ? "run it outside the container, or try --loopback" : "allow this user namespaces, or run it as root"
        throw CommandError("Machines can't be set apart here (\(Harmless.line(why))): \(remedy).")
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
        case .none: return "\(place), and no Docker."
        case .shared: return "\(place); all share one Docker daemon."
        case .each: return "\(place) and a Docker daemon of its own."
        }
    }
}

/// What Docker is on a server, as ``RemoteScript/docker`` said.
struct DockerState: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case usable(version: String)
        case missing
        /// It is there, and its daemon doesn't answer.
        case stopped(String)
        /// The daemon is there, and the login may not use it.
        case denied(socket: String)
        /// Nothing that can be understood was said.
        case unknown(String)
    }

    let kind: Kind
    /// The login that asked.
    let user: String

    init(_ report: RemoteReport) {
        user = report["docker_user"] ?? "the user"
        if let version = report["docker_server"], DockerVersion(version) != nil {
            kind = .usable(version: version)
            return
        }
        switch report["docker"] {
        case "missing"?: kind = .missing
        case "present"?:
            let error = report["docker_error"] ?? "it said nothing"
            let isDenied = report["socket"] == "denied" || error.lowercased().contains("permission denied")
            kind = isDenied ? .denied(socket: report["socket_path"] ?? "/var/run/docker.sock") : .stopped(error)
        default: kind = .unknown("it said nothing about Docker")
        }
    }

    var version: String? { if case .usable(let version) = kind { version } else { nil } }

    /// What is wrong, or nil when it can be used.
    func finding(minimum: String, place: String) -> Finding? {
        switch kind {
        case .usable(let version):
            guard let present = DockerVersion(version), let wanted = DockerVersion(minimum), present < wanted else { return nil }
            return Finding(
                .docker,
                "Docker on \(place) is version \(version), and \(minimum) is the least that is wanted.",
                "Upgrade it there, or lower the least version with `slipway server settings --docker-minimum`."
            )
        case .missing:
            return Finding(
                .docker,
                "Docker is not installed on \(place).",
                "Install it there, use an image that has it, or let Slipway do it with `slipway server settings --install-docker on`."
            )
        case .stopped(let error):
            return Finding(
                .docker,
                "Docker is installed on \(place), and its daemon doesn't answer (\(Self.cut(error))).",
                "Start it there: sudo systemctl enable --now docker."
            )
        case .denied(let socket):
            return Finding(
                .docker,
                "The user \(user) may not use Docker's socket \(socket) on \(place).",
                "Allow it there: sudo usermod -aG docker \(user)."
            )
        case .unknown(let what):
            return Finding(
                .docker,
                "Docker on \(place) could not be checked: \(what).",
                "Log in as \(user) and see what docker version says."
            )
        }
    }

    private static func cut(_ text: String) -> String {
        let line = text.trimmed
        return line.count > 160 ? line.prefix(159) + "…" : line
    }
}

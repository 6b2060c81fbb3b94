internal import Domain

/// The commands about servers.
extension CommandTree {
    static let servers = CommandSpec(
        name: "server",
        summary: "Register, list, check, rename, remove and open servers",
        subcommands: [
            CommandSpec(
                name: "register",
                summary: "Make servers of the machines that a deployment's outputs name",
                discussion: """
                    Waits for SSH and cloud-init, installs the organization's key, verifies Docker, checks health, and keeps each machine \
                    with what it has. A machine that is registered again is updated. Queues the job and returns; with --sync it follows to \
                    the end. `slipway deploy --auto-register` does it after every deploy.

                    The outputs may be called server_ip, public_ip, ipv4_address and much else, in the singular or the plural, with \
                    instance_id, ssh_user, ssh_port and ssh_host_keys beside them; docs/registration.md lists all.
                    """,
                arguments: [
                    ArgumentSpec(name: "DEPLOYMENT", summary: "The deployment's number or project, as 'slipway deployments' lists it")
                ],
                options: [
                    .flag("sync", "Do it now and follow it"),
                    .value("ssh-key", "NAME", .name, "Install this key, as 'slipway keys ssh --list' names it; 'default' unless given"),
                ],
                examples: [.init("slipway server register shop --sync", "Register the servers of shop, and watch")],
                exitCodes: [.done, .failed, .usage, .cancelled]
            ),
            CommandSpec(
                name: "list",
                summary: "List the servers by name",
                options: [
                    .value(
                        "status",
                        "STATUS",
                        .choice(ServerStatus.allCases.map(\.rawValue)),
                        isRepeatable: true,
                        "Only with this status; may be repeated"
                    ),
                    .value("project", "NAME", .name, "Only of this project"),
                ],
                examples: [.init("slipway server list --status error", "Which need somebody?")]
            ),
            CommandSpec(
                name: "show",
                summary: "Show a server with its health",
                arguments: [server],
                examples: [.init("slipway server show web-1", "All that is known of it")]
            ),
            CommandSpec(
                name: "check",
                summary: "Look at a server now",
                discussion: "Exits with 1 when something is not as it must be.",
                arguments: [server],
                examples: [.init("slipway server check web-1", "Is it well?")]
            ),
            CommandSpec(
                name: "rename",
                summary: "Give a server another name",
                arguments: [server, ArgumentSpec(name: "NEW", summary: "The new name", kind: .name)],
                examples: [.init("slipway server rename shop web-1", "From now on web-1")]
            ),
            CommandSpec(
                name: "remove",
                summary: "Keep a server no longer; the machine stays as it is",
                discussion:
                    "Destroying its deployment removes a server, too. A machine that is still there comes back with a registration.",
                arguments: [server],
                options: [yes],
                examples: [.init("slipway server remove web-1", "Asks before")]
            ),
            CommandSpec(
                name: "ssh",
                summary: "Open a server with this system's ssh, with its pinned host key",
                discussion: """
                    On the installation's own machine it logs in with the organization's key, which ssh gets from memory; through a server \
                    elsewhere with your own keys. Words after -- go to the server as a command.
                    """,
                arguments: [
                    server,
                    ArgumentSpec(
                        name: "COMMAND",
                        summary: "What to run there; a shell unless given",
                        isRequired: false,
                        isRepeatable: true
                    ),
                ],
                examples: [
                    .init("slipway server ssh web-1", "A shell"),
                    .init("slipway server ssh web-1 -- docker ps", "One command"),
                ]
            ),
            CommandSpec(
                name: "settings",
                summary: "Show what the organization asks of its servers, or set it",
                discussion: "What is not given stays as it is.",
                options: [
                    .value("install-docker", "on|off", .choice(["on", "off"]), "Install, start and open Docker where it isn't"),
                    .value("docker-minimum", "VERSION", .text, "The least version of Docker, such as 20.10"),
                    .value("disk", "GB", .integer(0...1_000_000), "How much room a server must have left"),
                    .value("memory", "MB", .integer(0...100_000_000), "How much memory must be available"),
                    .value("clock", "SECONDS", .integer(1...86_400), "How wrong its clock may be"),
                    .value("network-target", "TARGET", .text, "What it must reach: HOST, HOST:PORT, none, or standard"),
                    .value("interval", "SECONDS", .integer(5...86_400), "How often each server is looked at"),
                ],
                examples: [
                    .init("slipway server settings", "What is asked?"),
                    .init("slipway server settings --install-docker on --disk 20", "Set it"),
                ]
            ),
        ]
    )

    private static let server = ArgumentSpec(name: "SERVER", summary: "Its name or number, as 'slipway server list' has it")
}

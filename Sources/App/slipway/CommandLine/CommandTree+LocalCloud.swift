/// The machines to try things out with.
extension CommandTree {
    static let localCloud = CommandSpec(
        name: "local-cloud",
        summary: "Make machines on this one, to try Slipway out with",
        discussion: """
            A cloud of one's own for templates like Examples/local-servers: its machines are real sshd processes. For root each has an \
            address of its own, a host name, and processes, home and /run of its own; else a port on 127.0.0.1 and a home of its own. The \
            rest of the file system is this machine's, so it is no place for programs that you don't trust.

            The service owns its machines: they end when Terraform destroys them, and all of them when it ends, however it ends.
            """,
        options: [
            .value("listen", "HOST:PORT", .text, "Where templates ask for machines; 127.0.0.1:7722 unless given"),
            .value(
                "docker",
                "MODE",
                .choice(["each", "shared"]),
                "Machines have Docker: a daemon for each, for root only, or one that all share, for others this machine's own"
            ),
            .flag("loopback", "Ports on 127.0.0.1 instead of addresses, also for root"),
        ],
        examples: [
            .init("slipway local-cloud", "Until Ctrl-C; prints what a template needs"),
            .init("sudo slipway local-cloud --docker each", "Machines with addresses and Docker of their own"),
            .init("slipway local-cloud --json --listen 127.0.0.1:0", "For a program: a line for each machine that is made or ended"),
        ]
    )
}

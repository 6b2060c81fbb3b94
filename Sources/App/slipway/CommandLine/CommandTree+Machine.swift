/// The commands about this installation.
extension CommandTree {
    static let credential = CommandSpec(
        name: "credential",
        summary: "Keep cloud credentials, sealed and write-only",
        subcommands: [
            CommandSpec(
                name: "add",
                summary: "Keep a credential, or replace the one with that name",
                discussion: """
                    A credential is a set of environment variables that Terraform gets. Values never stand on the command line: they come from \
                    your environment or from a file, and can't be read back.
                    """,
                arguments: [credentialName],
                options: [
                    .value("provider", "PROVIDER", .choice(providers), "Take this provider's variables from your environment"),
                    .value("env", "NAME", .text, isRepeatable: true, "Take this variable from your environment; may be repeated"),
                    .value("file", "FILE", .file, "Read NAME=VALUE lines from a file; - is standard input"),
                ],
                examples: [
                    .init("slipway credential add production --provider aws", "What AWS_* holds now"),
                    .init("slipway credential add dns --env CLOUDFLARE_API_TOKEN", "One variable by name"),
                    .init("pass show cloud.env | slipway credential add cloud --file -", "From a password store"),
                ]
            ),
            CommandSpec(
                name: "list",
                summary: "List the kept credentials, without their values",
                examples: [.init("slipway credential list", "Names and variables")]
            ),
            CommandSpec(
                name: "remove",
                summary: "Forget a credential",
                arguments: [credentialName],
                examples: [.init("slipway credential remove production", "Gone for good")]
            ),
        ]
    )

    static let worker = CommandSpec(
        name: "worker",
        summary: "Work on queued jobs until told to stop",
        discussion:
            "Ctrl-C or SIGTERM hands running jobs back without using up an attempt. Several workers may share one data folder or database.",
        options: [
            .value("only", "JOB", .text, "Work on this job only, then exit"),
            .value("concurrency", "N", .integer(1...256), "How many jobs at once; as many as there are processors unless given"),
            .flag("exit-when-idle", "Exit once nothing is left to do"),
        ],
        examples: [
            .init("slipway worker", "Until Ctrl-C"),
            .init("slipway worker --exit-when-idle", "Finish what was left, in a cron job for example"),
        ]
    )

    static let doctor = CommandSpec(
        name: "doctor",
        summary: "Check this installation and say what is missing",
        discussion: "Checks Terraform, the sandbox, the data folder and its keys, the database, and memory-backed storage.",
        examples: [.init("slipway doctor", "Is everything there?")]
    )

    static let completions = CommandSpec(
        name: "completions",
        summary: "Print shell completions",
        arguments: [ArgumentSpec(name: "SHELL", summary: "bash, zsh or fish", kind: .choice(["bash", "zsh", "fish"]))],
        examples: [
            .init("source <(slipway completions bash)", "For this bash; in ~/.bashrc for every one"),
            .init("slipway completions zsh > ~/.zfunc/_slipway", "For zsh, with ~/.zfunc in fpath"),
            .init("slipway completions fish > ~/.config/fish/completions/slipway.fish", "For fish"),
        ]
    )

    static let version = CommandSpec(
        name: "version",
        summary: "Print the program's version",
        examples: [.init("slipway version --json", "For a script")]
    )

    static let help = CommandSpec(
        name: "help",
        summary: "Show the help of a command",
        arguments: [
            ArgumentSpec(name: "COMMAND", summary: "Its name, such as deploy or state pull", isRequired: false, isRepeatable: true)
        ],
        examples: [.init("slipway help state pull", "One command")]
    )

    private static let credentialName = ArgumentSpec(name: "NAME", summary: "The credential's name", kind: .name)

    private static let providers = ["aws", "google", "azure", "digitalocean", "hetzner"]
}

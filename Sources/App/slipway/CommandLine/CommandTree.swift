/// All commands of the program, in the order in which the help lists them.
enum CommandTree {
    static let root = CommandSpec(
        name: "slipway",
        summary: "Turn Terraform code into running infrastructure, safely and in the background",
        discussion: """
            Slipway runs Terraform for you: it shows every resource as it comes up, keeps the state sealed in its data folder, and loses \
            nothing when a process or the machine dies. It needs Terraform or OpenTofu 1.6 or later.

            Commands work on the data folder in this process, or through a server: the one that SLIPWAY_URL and SLIPWAY_TOKEN name, the one \
            of 'slipway login', or the one that runs on the data folder. --data and SLIPWAY_DATABASE_URL go before all of these.
            """,
        options: [
            .value("data", "DIR", .folder, "The data folder; SLIPWAY_DATA sets it, too"),
            .value("org", "NAME", .name, "The organization to work in; 'default' unless given"),
            .flag("json", "Print one JSON document, or one event per line while following"),
            .flag("quiet", short: "q", "Print results and errors only"),
            .flag("verbose", "Print Terraform's own output, too"),
            .flag("help", short: "h", "Show the help of a command"),
        ],
        subcommands: [
            deploy, plan, approve, refuse, destroy, refresh, provision,
            jobs, status, logs, cancel,
            deployments, outputs, state, servers,
            credential, keys, organizations, users, tokens, audit, login, logout, serve, worker, localCloud, doctor, completions, version,
            help,
        ],
        exclusive: [["quiet", "verbose"]],
        examples: [
            .init("slipway deploy ./infra --project shop", "Deploy a folder: shows the plan, asks, and follows to the end"),
            .init("slipway outputs --project shop", "What came out of it"),
            .init("slipway destroy --project shop", "Remove everything again"),
            .init("slipway help deploy", "All about one command"),
        ],
        exitCodes: ExitCode.allCases
    )
}

// MARK: What several commands share

extension CommandTree {
    static let project = OptionSpec.value("project", "NAME", .name, isRequired: true, "The project; each has its own state")

    static let job = ArgumentSpec(name: "JOB", summary: "The job's id, as 'slipway jobs' lists it")

    static let timeout = OptionSpec.value("timeout", "DURATION", .duration, "Cancel the job after this time; 30m unless given")

    static let detach = OptionSpec.flag("detach", "Return once the job is queued; a worker does it")

    static let resume = OptionSpec.flag(
        "resume-after-crash",
        "Go on by itself after a crash during apply, even when resources may exist that the state doesn't know"
    )

    static let limit = OptionSpec.value("limit", "N", .integer(1...1000), "How many to list; 20 unless given")

    /// How a change gets its yes.
    static let approval: [OptionSpec] = [
        .flag("auto-approve", "Apply without asking"),
        .flag("plan-first", "Keep the plan and wait for 'slipway approve'; without a terminal this is the default"),
    ]

    static let variables: [OptionSpec] = [
        .value("var", "NAME=VALUE", .assignment, isRepeatable: true, "Set a Terraform variable; may be repeated"),
        .value("var-file", "FILE", .file, isRepeatable: true, "Read Terraform variables from a .tfvars file; may be repeated"),
    ]

    static let environment: [OptionSpec] = [
        .value("env", "NAME", .text, isRepeatable: true, "Pass an environment variable on to Terraform; may be repeated"),
        .value("credential", "NAME", .name, "Use a credential kept with 'slipway credential add'"),
    ]

    static let environmentText = """
        The variables of the common providers go with the job by themselves, sealed: AWS_*, GOOGLE_*, ARM_*, DIGITALOCEAN_*, HCLOUD_* and \
        TF_VAR_*. Terraform sees nothing else of your environment.
        """

    static let followText = """
        Ctrl-C once cancels the job gracefully; twice leaves it to a worker, as closing the terminal does: \
        'slipway status JOB --follow' finds it again.
        """
}

internal import Access
internal import Domain

/// The commands about organizations, people, tokens and the audit log.
extension CommandTree {
    static let organizations = CommandSpec(
        name: "org",
        summary: "Add, list, rename, license and remove organizations, and set what their runs reach and may take",
        discussion: "Whoever owns the data folder is the administrator here; over the API the administrator's token is.",
        subcommands: [
            CommandSpec(
                name: "add",
                summary: "Make an organization",
                discussion: "The first deploy with --org makes it, too.",
                arguments: [organizationName],
                examples: [.init("slipway org add acme", "A tenant that sees only itself")]
            ),
            CommandSpec(
                name: "list",
                summary: "List the organizations",
                examples: [.init("slipway org list", "All of them")]
            ),
            CommandSpec(
                name: "rename",
                summary: "Give an organization another name",
                discussion: "Its data stays where it is. No other organization can take the first name, to which its secrets are sealed.",
                arguments: [organizationName, ArgumentSpec(name: "NEW", summary: "The new name", kind: .name)],
                examples: [.init("slipway org rename acme acme-corp", "From now on --org acme-corp")]
            ),
            CommandSpec(
                name: "licence",
                summary: "Show an organization's licence, or set its limits and features",
                discussion: "What is not given stays as it is. Without a licence there are no limits, and no features.",
                arguments: [organizationName],
                options: [
                    .value("max-servers", "N", .integer(0...1_000_000), "How many servers may be bought by themselves"),
                    .value("max-runs", "N", .integer(1...1_000_000), "How many runs at once"),
                    .value("enable", "FEATURE", .name, isRepeatable: true, "Turn a feature on, such as auto_provisioning; may be repeated"),
                    .value("disable", "FEATURE", .name, isRepeatable: true, "Turn a feature off; may be repeated"),
                    .flag("none", "Take the licence away"),
                ],
                exclusive: [["none", "max-servers"], ["none", "max-runs"], ["none", "enable"], ["none", "disable"]],
                examples: [
                    .init("slipway org licence acme", "What is it?"),
                    .init("slipway org licence acme --max-runs 4 --enable auto_provisioning", "Set it"),
                ]
            ),
            CommandSpec(
                name: "network",
                summary: "Show or set what an organization's runs reach over the network",
                discussion: """
                    'filtered' reaches the outside by IPv4, but not the server itself, private networks or the metadata addresses of clouds, unless \
                    they are allowed. 'host' shares the server's network; 'none' reaches nothing. Without a setting, SLIPWAY_NETWORK decides; \
                    without that, runs are filtered where there is more than one organization. What is not given keeps its value.
                    """,
                arguments: [organizationName],
                options: [
                    .value("network", "MODE", .choice(NetworkMode.allCases.map(\.rawValue)), "host, filtered or none"),
                    .value("allow", "CIDR", .text, isRepeatable: true, "A range that 'filtered' reaches; may be repeated, replaces all"),
                    .flag("allow-nothing", "Remove all allowed ranges"),
                    .flag("reset", "Remove the setting and all allowed ranges"),
                ],
                exclusive: [["allow", "allow-nothing"], ["reset", "network"], ["reset", "allow"], ["reset", "allow-nothing"]],
                examples: [
                    .init("slipway org network acme", "Show the setting"),
                    .init("slipway org network acme --network filtered --allow 10.20.0.0/16", "One private network, and the outside"),
                ]
            ),
            CommandSpec(
                name: "limits",
                summary: "Show or set what each of an organization's runs may take of the machine",
                discussion: """
                    Without options, shows the limits in force, and which of them are set for this organization. The others are those that \
                    SLIPWAY_RUN_MEMORY, SLIPWAY_RUN_PROCESSES and the like set for all organizations. What is not given keeps its value. A change \
                    counts for runs that begin after it.
                    """,
                arguments: [organizationName],
                options: [
                    .value("memory", "MIB", .limit(.memory), "Memory of all processes of a run together"),
                    .value("processes", "N", .limit(.processes), "Processes and threads of a run"),
                    .value("files", "N", .limit(.files), "Files that each process of a run may have open"),
                    .value("disk", "MIB", .limit(.disk), "Size of a run's workspace"),
                    .value("log", "MIB", .limit(.log), "Size of what Terraform writes in a run"),
                    .value("processors", "N", .limit(.processors), "Processors that a run computes on at once, such as 1.5"),
                    .flag("reset", "Remove all limits of the organization's own"),
                ],
                exclusive: RunLimit.allCases.map { ["reset", $0.rawValue] },
                examples: [
                    .init("slipway org limits acme", "Show the limits in force"),
                    .init("slipway org limits acme --memory 1024 --processors 1.5", "Set two of them"),
                    .init("slipway org limits acme --reset", "Use those that are configured for all organizations again"),
                ]
            ),
            CommandSpec(
                name: "remove",
                summary: "Remove an organization in which nothing is left",
                discussion: """
                    Refused while a job is not over or a project has resources. Its tokens, places, credentials and the kept states of \
                    destroyed projects go with it; backups stay where they are.
                    """,
                arguments: [organizationName],
                options: [yes],
                examples: [.init("slipway org remove acme", "Asks before")]
            ),
        ]
    )

    static let users = CommandSpec(
        name: "user",
        summary: "Add, list and disable people, and give them places in organizations",
        subcommands: [
            CommandSpec(
                name: "add",
                summary: "Add a person",
                discussion: """
                    Who is to log in needs a password, of at least 12 characters: from a file, or made up and printed once. A person has no \
                    place anywhere before 'slipway user grant'.
                    """,
                arguments: [userName],
                options: password + [.flag("administrator", "May do everything, everywhere")],
                exclusive: [["password-file", "generate"]],
                examples: [
                    .init("slipway user add anna --generate", "With a password to hand on"),
                    .init("pass show anna | slipway user add anna --password-file -", "From a password store"),
                ]
            ),
            CommandSpec(name: "list", summary: "List the people, and their places", examples: [.init("slipway user list", "All of them")]),
            CommandSpec(
                name: "disable",
                summary: "Stop a person's password, sessions and tokens from working",
                arguments: [userName],
                examples: [.init("slipway user disable anna", "Who left; nothing of the history is lost")]
            ),
            CommandSpec(
                name: "enable",
                summary: "Let a disabled person's password and tokens work again",
                arguments: [userName],
                examples: [.init("slipway user enable anna", "Who came back")]
            ),
            CommandSpec(
                name: "password",
                summary: "Give a person another password, and end all sessions",
                arguments: [userName],
                options: password,
                exclusive: [["password-file", "generate"]],
                examples: [.init("slipway user password anna --generate", "Made up, and printed once")]
            ),
            CommandSpec(
                name: "grant",
                summary: "Give a person a place in the organization, or another one",
                discussion: rolesText,
                arguments: [userName],
                options: [.value("role", "ROLE", .choice(Role.allCases.map(\.rawValue)), isRequired: true, "As what")],
                examples: [.init("slipway user grant anna --role member --org acme", "May deploy, but not approve")]
            ),
            CommandSpec(
                name: "revoke",
                summary: "Take a person's place in the organization away",
                arguments: [userName],
                examples: [.init("slipway user revoke anna --org acme", "Other places stay")]
            ),
        ]
    )

    static let tokens = CommandSpec(
        name: "token",
        summary: "Add, list and revoke tokens for programs",
        subcommands: [
            CommandSpec(
                name: "add",
                summary: "Make a token, and print it once",
                discussion: """
                    A machine's token has a role of its own in the organization, and stays when its maker goes. A person's token (--user) may \
                    what the person may, where the person has a place; --role and --permission narrow it. Only a hash is kept: nobody can \
                    print it again.

                    \(rolesText)
                    """,
                arguments: [ArgumentSpec(name: "NAME", summary: "What it is called in lists", kind: .name)],
                options: [
                    .value(
                        "role",
                        "ROLE",
                        .choice(Role.allCases.map(\.rawValue)),
                        "A machine's role, 'member' unless given; or a person's at most"
                    ),
                    .value("user", "USER", .name, "Make a person's token; with --org only for that organization"),
                    .flag("administrator", "Make a token that may do everything, everywhere"),
                    .value(
                        "permission",
                        "NAME",
                        .choice(Permission.allCases.map(\.rawValue)),
                        isRepeatable: true,
                        "Only this; may be repeated"
                    ),
                    .value("expires", "DURATION", .duration, "Let it end after this time, such as 90d"),
                ],
                exclusive: [["administrator", "user"], ["administrator", "role"]],
                examples: [
                    .init("slipway token add ci --org acme --expires 90d", "For a pipeline that deploys"),
                    .init(
                        "slipway token add tf --org acme --role admin --permission state --permission stateWrite",
                        "For Terraform's http backend"
                    ),
                ]
            ),
            CommandSpec(
                name: "list",
                summary: "List the tokens, without their text",
                options: [.flag("all", "List those that were revoked or are over, too")],
                examples: [.init("slipway token list --org acme", "Which were used when?")]
            ),
            CommandSpec(
                name: "revoke",
                summary: "End a token, within seconds",
                arguments: [ArgumentSpec(name: "ID", summary: "Its number, as 'slipway token list' has it", kind: .integer(1...Int.max))],
                examples: [.init("slipway token revoke 7", "Gone for good")]
            ),
        ]
    )

    static let audit = CommandSpec(
        name: "audit",
        summary: "Show who did what to which thing, newest first",
        discussion: "All organizations' unless --org is given.",
        options: [
            .value("actor", "NAME", .text, "Only this one's, such as user:anna"),
            .value("action", "PREFIX", .text, "Only actions that begin so, such as token. or state.rolled_back"),
            .value("result", "RESULT", .choice(["ok", "denied", "failed"]), "Only with this result"),
            limit,
            .value("before", "ID", .integer(1...Int.max), "Only lines older than this one, for the next page"),
        ],
        examples: [
            .init("slipway audit --action token.", "Who made and revoked tokens?"),
            .init("slipway audit --result denied --limit 100 --json", "For a script"),
        ]
    )

    private static let organizationName = ArgumentSpec(name: "NAME", summary: "The organization's name", kind: .name)
    private static let userName = ArgumentSpec(name: "USER", summary: "The person's name", kind: .name)

    private static let password: [OptionSpec] = [
        .value("password-file", "FILE", .file, "Read the password from the first line of a file; - is standard input"),
        .flag("generate", "Make up a password, and print it once"),
    ]

    private static let rolesText = """
        A viewer may look; a member also deploy and read states; an admin also approve, change states, keep credentials, make tokens and read \
        the audit log; an owner also say who is in the organization.
        """
}

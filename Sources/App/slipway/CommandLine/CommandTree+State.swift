/// The commands that look into kept states and change them.
extension CommandTree {
    static let state = CommandSpec(
        name: "state",
        summary: "Look into the kept Terraform states, and bring them back",
        subcommands: looking + changing + [stateUnlock, stateBackend] + keeping
    )

    private static let looking: [CommandSpec] = [
        CommandSpec(
            name: "list",
            summary: "List the resources in the state",
            options: [project, stateVersion],
            examples: [.init("slipway state list --project shop", "Every address")]
        ),
        CommandSpec(
            name: "versions",
            summary: "List the kept versions of the state, newest first",
            options: [project, limit],
            examples: [.init("slipway state versions --project shop", "Who changed what, when")]
        ),
        CommandSpec(
            name: "show",
            summary: "Show what is known of one version: sizes, checksum, author, backup",
            options: [project, stateVersion],
            examples: [.init("slipway state show --project shop --version 3", "One of them")]
        ),
        CommandSpec(
            name: "pull",
            summary: "Print the state as Terraform's JSON",
            discussion: "The state holds secrets in plain text: mind where you send it.",
            options: [project, stateVersion],
            examples: [
                .init("slipway state pull --project shop > shop.tfstate", "The current state"),
                .init("slipway state pull --project shop --version 3 | jq .serial", "An older one"),
            ]
        ),
        CommandSpec(
            name: "diff",
            summary: "Compare two versions: resources and outputs added, changed and removed",
            discussion: "Shows names, never values. Without --from the version before --to; without --to the newest.",
            options: [
                project,
                .value("from", "N", .integer(1...Int.max), "The older version"),
                .value("to", "N", .integer(1...Int.max), "The newer version"),
            ],
            examples: [
                .init("slipway state diff --project shop", "What did the last run change?"),
                .init("slipway state diff --project shop --from 3 --to 7", "Any two"),
            ]
        ),
        CommandSpec(
            name: "export",
            summary: "Write the state to a file, for a move elsewhere",
            discussion: "The file is made for you only (mode 0600), and holds secrets in plain text.",
            options: [project, stateVersion, .value("output", "FILE", .file, isRequired: true, "Where; must not exist yet")],
            examples: [.init("slipway state export --project shop --output shop.tfstate", "The current state")]
        ),
    ]

    private static let changing: [CommandSpec] = [
        CommandSpec(
            name: "rollback",
            summary: "Make an earlier version the current one again",
            discussion: """
                Makes a new version with the old content and a higher serial, so that Terraform takes it. What was made since then stays in \
                the cloud, and is no longer known to Terraform: the differences are shown, and you are asked.
                """,
            options: [project, .value("to", "N", .integer(1...Int.max), isRequired: true, "The version to go back to"), reason, yes],
            examples: [.init("slipway state rollback --project shop --to 3", "Shows what changes, and asks")]
        ),
        CommandSpec(
            name: "restore",
            summary: "Bring a version back from its backup, and make it the current one",
            discussion: "For a version whose row is damaged: it is read from object storage, verified, and repaired in place.",
            options: [project, .value("version", "N", .integer(1...Int.max), isRequired: true, "Which version"), reason, yes],
            examples: [.init("slipway state restore --project shop --version 3", "Shows what changes, and asks")]
        ),
        CommandSpec(
            name: "import",
            summary: "Take a state file as the project's newest state",
            discussion: """
                Makes the project when there is none: that is how a stack of plain Terraform moves in. Checks format, lineage and serial; \
                --force overrides the last two, and says what that means. Opens files from the data folder's leftovers, too: states of runs \
                that had lost their lock.
                """,
            arguments: [ArgumentSpec(name: "FILE", summary: "Terraform's state JSON", kind: .path)],
            options: [project, .flag("force", "Take it in spite of its lineage or serial"), reason, yes],
            examples: [.init("slipway state import shop.tfstate --project shop", "From `terraform state pull`, for example")]
        ),
        CommandSpec(
            name: "pin",
            summary: "Keep a version whatever retention says",
            options: [project, .value("version", "N", .integer(1...Int.max), isRequired: true, "Which version")],
            examples: [.init("slipway state pin --project shop --version 3", "Until `slipway state unpin`")]
        ),
        CommandSpec(
            name: "unpin",
            summary: "Let retention remove a version again",
            options: [project, .value("version", "N", .integer(1...Int.max), isRequired: true, "Which version")],
            examples: [.init("slipway state unpin --project shop --version 3", "As any other")]
        ),
    ]

    private static let keeping: [CommandSpec] = [
        CommandSpec(
            name: "backup",
            summary: "Write backups now, and verify them",
            discussion: "Every version gets its backup by itself, from a worker; this is for what waits, and for making sure.",
            options: [optionalProject, .value("version", "N", .integer(1...Int.max), "This version only"), all],
            examples: [
                .init("slipway state backup --project shop", "The newest version"),
                .init("slipway state backup --all", "All that waits"),
            ]
        ),
        CommandSpec(
            name: "verify",
            summary: "Read every version and its backup, and mend what can be mended",
            options: [optionalProject, all],
            examples: [.init("slipway state verify --all", "Everything; a worker does it daily")]
        ),
        CommandSpec(
            name: "prune",
            summary: "Remove versions that retention doesn't keep, with their backups",
            discussion: """
                Kept are the newest 30 and everything younger than 90 days, or what SLIPWAY_STATE_VERSIONS, SLIPWAY_STATE_DAYS or 'slipway \
                state retention' say; and the current version, and pinned ones.
                """,
            options: [
                optionalProject, all, .value("keep", "N", keptVersions, "The newest so many"),
                .value("days", "N", keptDays, "And everything younger than so many days"),
                .flag("dry-run", "Only list what would go"),
            ],
            examples: [
                .init("slipway state prune --all --dry-run", "What would go?"),
                .init("slipway state prune --project shop --keep 10 --days 7", "Stricter than usual"),
            ]
        ),
        CommandSpec(
            name: "retention",
            summary: "Show or set how much history the organization keeps",
            discussion: "Workers prune twice a day by this rule. Without an option it is only shown.",
            options: [
                .value("keep", "N", keptVersions, "The newest so many versions of each state"),
                .value("days", "N", keptDays, "And everything younger than so many days"),
                .flag("reset", "As it is configured for all organizations again"),
            ],
            exclusive: [["keep", "reset"], ["days", "reset"]],
            examples: [
                .init("slipway state retention", "What is kept?"),
                .init("slipway state retention --org acme --keep 100 --days 365", "A year, and at least 100 versions"),
            ]
        ),
        CommandSpec(
            name: "rebuild",
            summary: "Recreate projects and their states from the backups, after the database was lost",
            discussion: "Needs the keyring. Begin it before any other work on the new database; it never changes what is there.",
            options: [
                .flag("from-backups", "From the place that SLIPWAY_BACKUP_URL names"), .flag("dry-run", "Only count"),
            ],
            examples: [.init("slipway state rebuild --from-backups", "All that the backups have")]
        ),
    ]

    private static let keptVersions = ValueKind.integer(1...1_000_000)
    private static let keptDays = ValueKind.integer(0...36500)
    private static let reason = OptionSpec.value("reason", "TEXT", .text, "Why; kept in the audit log")
    private static let all = OptionSpec.flag("all", "Of every project")
    private static let optionalProject = OptionSpec.value("project", "NAME", .name, "Of this project")
    private static let stateVersion = OptionSpec.value("version", "N", .integer(1...Int.max), "This version instead of the newest")
}

internal import Domain

/// The commands that look at jobs and steer them.
extension CommandTree {
    static let jobs = CommandSpec(
        name: "jobs",
        summary: "List jobs, newest first",
        options: [
            .value(
                "status",
                "STATUS",
                .choice(JobStatus.allCases.map(\.rawValue)),
                isRepeatable: true,
                "Only with this status; may be repeated"
            ),
            .value("project", "NAME", .name, "Only of this project"),
            .flag("all", "List the upkeep that workers do by themselves, too: backups, checks"),
            limit,
            .value("before", "JOB", .text, "Only jobs older than this one, for the next page"),
        ],
        examples: [
            .init("slipway jobs --status failed", "What went wrong lately?"),
            .init("slipway jobs --project shop --limit 5 --json", "The last five of a project, for a script"),
        ]
    )

    static let status = CommandSpec(
        name: "status",
        summary: "Show where a job stands",
        discussion: "Shows its stage and progress, every attempt, and why it failed if it did.",
        arguments: [job],
        options: [.flag("follow", short: "f", "Show the live view until the job ends; Ctrl-C leaves it running")],
        examples: [
            .init("slipway status deploy-1764580000000-k3x9qa", "One look"),
            .init("slipway status deploy-1764580000000-k3x9qa --follow", "Watch a job that was left to a worker"),
        ],
        exitCodes: ExitCode.allCases
    )

    static let logs = CommandSpec(
        name: "logs",
        summary: "Print a job's execution log",
        arguments: [job],
        options: [.flag("follow", short: "f", "Go on until the job ends")],
        examples: [
            .init("slipway logs deploy-1764580000000-k3x9qa", "All of it"),
            .init("slipway logs -f deploy-1764580000000-k3x9qa", "And what follows"),
        ]
    )

    static let cancel = CommandSpec(
        name: "cancel",
        summary: "Cancel a job",
        discussion: """
            A job that hasn't started ends at once. A running one is told: Terraform finishes the resources it is working on, and the state \
            is kept. With --force Terraform is killed; resources it was working on may then exist without the state knowing them.
            """,
        arguments: [job],
        options: [.flag("force", "Kill Terraform instead of letting it finish what it is working on")],
        examples: [.init("slipway cancel deploy-1764580000000-k3x9qa", "Stop gracefully")]
    )
}

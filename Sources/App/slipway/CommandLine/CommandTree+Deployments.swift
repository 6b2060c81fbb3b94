internal import Domain

/// The commands that look at deployments and their state.
extension CommandTree {
    static let deployments = CommandSpec(
        name: "deployments",
        summary: "List deployments",
        options: [
            .value(
                "status",
                "STATUS",
                .choice(DeploymentStatus.allCases.map(\.rawValue)),
                isRepeatable: true,
                "Only with this status; may be repeated"
            ),
            limit,
        ],
        examples: [.init("slipway deployments", "What is there?")]
    )

    static let outputs = CommandSpec(
        name: "outputs",
        summary: "Print the outputs of a project's deployment",
        discussion: "Sensitive values are hidden unless the output is named or --show-sensitive is given.",
        arguments: [ArgumentSpec(name: "NAME", summary: "Only this output, its bare value", isRequired: false)],
        options: [project, .flag("show-sensitive", "Print sensitive values, too")],
        examples: [
            .init("slipway outputs --project shop", "All of them"),
            .init("ssh root@$(slipway outputs --project shop address)", "One, for use in a shell"),
        ]
    )

    static let state = CommandSpec(
        name: "state",
        summary: "Look into the kept Terraform state",
        subcommands: [
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
            stateUnlock,
        ]
    )

    private static let stateVersion = OptionSpec.value("version", "N", .integer(1...Int.max), "This version instead of the newest")
}

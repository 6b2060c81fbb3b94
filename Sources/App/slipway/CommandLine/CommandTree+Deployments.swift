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
}

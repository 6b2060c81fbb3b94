/// The commands that change infrastructure.
extension CommandTree {
    static let deploy = CommandSpec(
        name: "deploy",
        summary: "Deploy Terraform code and follow it to the end",
        discussion: """
            Keeps the code, sealed, with the project, plans, asks for a yes, applies, and keeps the state. On a terminal it shows the plan and \
            asks as Terraform does; elsewhere the plan waits for 'slipway approve' unless --auto-approve is given.

            \(environmentText)

            \(followText)
            """,
        arguments: [ArgumentSpec(name: "DIR|FILE", summary: "A folder with .tf files, or one such file", kind: .path)],
        options: [project] + approval + variables + environment + [
            .flag("rollback", "When it fails for good, destroy all that the project has, what earlier deploys made included"),
            .flag("auto-register", "From now on register the servers that the outputs name after each deploy of the project"),
            .flag("no-auto-register", "Do so no longer"),
            timeout, resume, detach,
        ],
        exclusive: [["auto-approve", "plan-first"], ["auto-register", "no-auto-register"]],
        examples: [
            .init("slipway deploy ./infra --project shop", "Show the plan, ask, apply"),
            .init("slipway deploy ./infra --project shop --auto-approve --var region=eu-west-1", "Apply at once, with a variable"),
            .init("slipway deploy ./infra --project shop --auto-approve --auto-register", "And make its machines servers"),
            .init("slipway deploy ./infra --project shop --plan-first", "Keep the plan for someone else's approval"),
            .init("slipway deploy ./infra --project shop --auto-approve --json", "For scripts: one event per line"),
        ],
        exitCodes: ExitCode.allCases
    )

    static let plan = CommandSpec(
        name: "plan",
        summary: "Show what a deployment would change, and change nothing",
        discussion: "Plans new code, or without DIR|FILE the code that was deployed last: then it shows what drifted.",
        arguments: [
            ArgumentSpec(name: "DIR|FILE", summary: "A folder with .tf files, or one such file", kind: .path, isRequired: false)
        ],
        options: [project] + variables + environment + [timeout, detach],
        examples: [
            .init("slipway plan ./infra --project shop", "What would this code change?"),
            .init("slipway plan --project shop", "Has anything drifted from the code deployed last?"),
        ],
        exitCodes: [.done, .failed, .usage, .cancelled]
    )

    static let approve = CommandSpec(
        name: "approve",
        summary: "Apply a plan that waits for approval",
        discussion: "Exactly the plan that was shown is applied. A plan waits 24 hours.",
        arguments: [job],
        options: [detach],
        examples: [.init("slipway approve deploy-1764580000000-k3x9qa", "Say yes, and follow the apply")],
        exitCodes: [.done, .failed, .usage, .cancelled]
    )

    static let refuse = CommandSpec(
        name: "refuse",
        summary: "Turn down a plan that waits for approval",
        discussion: "Nothing is changed; the job ends as cancelled.",
        arguments: [job],
        options: [.value("reason", "TEXT", .text, "Why; kept with the job")],
        examples: [.init("slipway refuse deploy-1764580000000-k3x9qa --reason 'wrong region'", "Say no, and why")]
    )

    static let destroy = CommandSpec(
        name: "destroy",
        summary: "Destroy everything that a project's deployment created",
        discussion: """
            Uses the code and the state that are kept. On a terminal it shows what would be destroyed and asks; elsewhere the plan waits for \
            'slipway approve' unless --auto-approve is given.

            \(followText)
            """,
        options: [project] + approval + variables + environment + [timeout, resume, detach],
        exclusive: [["auto-approve", "plan-first"]],
        examples: [
            .init("slipway destroy --project shop", "Show what would go, ask, destroy"),
            .init("slipway destroy --project shop --auto-approve", "Destroy without asking"),
        ],
        exitCodes: ExitCode.allCases
    )

    static let refresh = CommandSpec(
        name: "refresh",
        summary: "Bring the kept state up to date with what really exists",
        discussion: "Changes no infrastructure: it reads every resource and keeps a new version of the state when something differs.",
        options: [project] + variables + environment + [timeout, detach],
        examples: [.init("slipway refresh --project shop", "Read everything anew")],
        exitCodes: [.done, .failed, .usage, .cancelled]
    )

    static let provision = CommandSpec(
        name: "provision",
        summary: "Run a deployment again with the code and variables it has",
        discussion: "Queues the job and returns; with --sync it follows to the end.",
        arguments: [ArgumentSpec(name: "DEPLOYMENT", summary: "The deployment's number or project, as 'slipway deployments' lists it")],
        options: [
            .flag("sync", "Do it now and follow it"),
            .flag("rollback", "When it fails for good, destroy all that the project has, what earlier deploys made included"),
        ],
        examples: [.init("slipway provision 42 --sync", "Run deployment 42 again and watch")],
        exitCodes: [.done, .failed, .usage, .cancelled]
    )
}

import Domain
import FoundationEssentials
import Host
import Provisioning
import Storage
import Terraform

/// Runs `slipway deploy|destroy|plan|refresh|provision`.
enum RunCommand {
    private struct Queued: Encodable {
        let job: String
        let status = "pending"
    }

    static func deploy(_ context: CommandContext) async throws -> ExitCode {
        let approval = approval(context)
        let options = RunOptions(
            action: .deploy,
            planFirst: approval != .automatic,
            rollbackOnFailure: context.command.flag("rollback"),
            resumeAfterCrash: context.command.flag("resume-after-crash")
        )
        return try await run(options, context, asks: approval == .asks, source: try source(context))
    }

    static func destroy(_ context: CommandContext) async throws -> ExitCode {
        let approval = approval(context)
        let options = RunOptions(
            action: .destroy,
            planFirst: approval != .automatic,
            resumeAfterCrash: context.command.flag("resume-after-crash")
        )
        return try await run(options, context, asks: approval == .asks, source: nil)
    }

    static func plan(_ context: CommandContext) async throws -> ExitCode {
        try await run(RunOptions(action: .plan), context, asks: false, source: try source(context))
    }

    static func refresh(_ context: CommandContext) async throws -> ExitCode {
        try await run(RunOptions(action: .refresh), context, asks: false, source: nil)
    }

    static func provision(_ context: CommandContext) async throws -> ExitCode {
        let named = try context.command.required("DEPLOYMENT")
        let program = try await context.open()
        let organization = context.organization
        let deployment = try await program.database.read { transaction -> Deployment in
            let store = DeploymentStore()
            if let id = Int64(named), let found = try store.deployment(DeploymentID(rawValue: id), in: transaction) { return found }
            return try store.require(project: named, organization: organization, in: transaction)
        }
        let options = RunOptions(action: .deploy, rollbackOnFailure: context.command.flag("rollback"))
        let request = RunRequest(
            organization: deployment.organizationName,
            project: deployment.project,
            options: options,
            inputs: RunInputs(environment: ProviderVariables.automatic(in: context.environment)),
            requestedBy: program.person
        )
        let job = try await program.submission.submit(request)
        guard context.command.flag("sync") else { return try queued(job, context) }
        return try await RunFollower(program: program, context: context, job: job).follow(startsWorker: true)
    }

    // MARK: - Details

    private enum Approval { case automatic, asks, waits }

    /// Without a word about it a terminal asks, as Terraform does; elsewhere the plan waits.
    private static func approval(_ context: CommandContext) -> Approval {
        if context.command.flag("auto-approve") { return .automatic }
        if context.command.flag("plan-first") || context.command.flag("detach") || context.output.isJSON { return .waits }
        return Terminal.standardInput.isTerminal && context.output.isTerminal ? .asks : .waits
    }

    private static func source(_ context: CommandContext) throws -> SourceFiles? {
        guard let path = context.command.string("DIR|FILE") else { return nil }
        let source = try SourceFiles(reading: path)
        if let state = source.ignoredStates.first {
            context.output.note(
                "warning: \(state) is left out, for Slipway keeps the state itself: what is recorded in it is not known here and would be made again."
            )
        }
        return source
    }

    private static func run(
        _ options: RunOptions,
        _ context: CommandContext,
        asks: Bool,
        source: SourceFiles?
    ) async throws -> ExitCode {
        let command = context.command
        var environment = ProviderVariables.automatic(in: context.environment)
        environment.merge(try ProviderVariables.named(command.strings("env"), in: context.environment)) { _, named in named }
        let files = try command.strings("var-file").map { path -> RunInputs.VariableFile in
            guard let content = FileManager.default.contents(atPath: path) else {
                throw UsageError(message: "The variable file \(path) can't be read; check its name and permissions.", command: command.path)
            }
            return .init(
                name: String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]),
                content: [UInt8](content)
            )
        }
        let variables = Dictionary(command.assignments("var").map { ($0.key, $0.value) }) { _, last in last }
        let program = try await context.open()
        var request = RunRequest(
            organization: context.organization,
            project: try command.required("project"),
            options: options,
            source: source,
            inputs: RunInputs(variables: variables, variableFiles: files, environment: environment),
            credentials: command.strings("credential"),
            requestedBy: program.person
        )
        if let timeout = command.duration("timeout") { request.timeout = timeout }
        // Before anything is queued: a job that this machine can't run would only wait.
        if !command.flag("detach") {
            _ = try await program.terraform()
            if program.configuration.sandboxMode == .required { _ = try await program.sandbox() }
        }
        let job = try await program.submission.submit(request)
        if command.flag("detach") { return try queued(job, context, waits: options.planFirst) }
        return try await RunFollower(program: program, context: context, job: job, asks: asks).follow(startsWorker: true)
    }

    private static func queued(_ job: JobID, _ context: CommandContext, waits: Bool = false) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(Queued(job: job.rawValue))
        } else {
            context.output.line("Job \(job) is queued; follow it with `slipway status \(job) --follow`.")
            if waits { context.output.note("Its plan will wait for `slipway approve \(job)`; --auto-approve applies at once.") }
        }
        return .done
    }
}

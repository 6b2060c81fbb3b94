import Host
import Provisioning
import Terraform

/// Runs `slipway deploy|destroy|plan|refresh|provision`.
enum RunCommand {
    private struct Queued: Encodable {
        let job: String
        let status = "pending"
    }

    static func deploy(_ context: CommandContext) async throws -> ExitCode {
        let approval = approval(context)
        var order = RunOrder(action: RunAction.deploy.rawValue)
        order.planFirst = approval != .automatic
        order.rollback = context.command.flag("rollback")
        order.resumeAfterCrash = context.command.flag("resume-after-crash")
        if context.command.flag("auto-register") { order.autoRegisterServer = true }
        if context.command.flag("no-auto-register") { order.autoRegisterServer = false }
        return try await run(order, context, asks: approval == .asks, source: try source(context))
    }

    static func destroy(_ context: CommandContext) async throws -> ExitCode {
        let approval = approval(context)
        var order = RunOrder(action: RunAction.destroy.rawValue)
        order.planFirst = approval != .automatic
        order.resumeAfterCrash = context.command.flag("resume-after-crash")
        return try await run(order, context, asks: approval == .asks)
    }

    static func plan(_ context: CommandContext) async throws -> ExitCode {
        try await run(RunOrder(action: RunAction.plan.rawValue), context, source: try source(context))
    }

    static func refresh(_ context: CommandContext) async throws -> ExitCode {
        try await run(RunOrder(action: RunAction.refresh.rawValue), context)
    }

    static func provision(_ context: CommandContext) async throws -> ExitCode {
        let named = try context.command.required("DEPLOYMENT")
        var order = RunOrder(action: RunAction.deploy.rawValue)
        order.rollback = context.command.flag("rollback")
        order.environment = ProviderVariables.automatic(in: context.environment)
        let installation = try await context.installation()
        let job = try await order.send(to: installation, project: named, context, source: nil)
        guard context.command.flag("sync") else { return try queued(job, context) }
        let code = try await RunFollower(installation: installation, context: context, job: job).follow(startsWorker: true)
        return try await ServerCommand.followRegistration(after: code, of: named, installation, context)
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
        _ order: RunOrder,
        _ context: CommandContext,
        asks: Bool = false,
        source: SourceFiles? = nil
    ) async throws -> ExitCode {
        let command = context.command
        let order = try order.filled(context)
        let installation = try await context.installation()
        // Before anything is queued: a job that this machine can't run would only wait.
        if !command.flag("detach"), let program = installation.program {
            _ = try await program.terraform()
            if program.configuration.sandboxMode == .required { _ = try await program.sandbox() }
        }
        let job = try await order.send(to: installation, project: try command.required("project"), context, source: source)
        if command.flag("detach") { return try queued(job, context, waits: order.planFirst) }
        let code = try await RunFollower(installation: installation, context: context, job: job, asks: asks).follow(startsWorker: true)
        guard order.action == RunAction.deploy.rawValue else { return code }
        return try await ServerCommand.followRegistration(after: code, of: try command.required("project"), installation, context)
    }

    private static func queued(_ job: String, _ context: CommandContext, waits: Bool = false) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(Queued(job: job))
        } else {
            context.output.line("Job \(job) is queued; follow it with `slipway status \(job) --follow`.")
            if waits { context.output.note("Its plan will wait for `slipway approve \(job)`; --auto-approve applies at once.") }
        }
        return .done
    }
}

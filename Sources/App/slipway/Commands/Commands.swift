/// Which code runs which command.
enum Commands {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        switch context.command.path.joined(separator: " ") {
        case "deploy": try await RunCommand.deploy(context)
        case "destroy": try await RunCommand.destroy(context)
        case "plan": try await RunCommand.plan(context)
        case "refresh": try await RunCommand.refresh(context)
        case "provision": try await RunCommand.provision(context)
        case "approve": try await DecisionCommand.approve(context)
        case "refuse": try await DecisionCommand.refuse(context)
        case "cancel": try await CancelCommand.run(context)
        case "jobs": try await JobsCommand.run(context)
        case "status": try await StatusCommand.run(context)
        case "logs": try await LogsCommand.run(context)
        case "deployments": try await DeploymentsCommand.run(context)
        case "outputs": try await OutputsCommand.run(context)
        case "state pull": try await StateCommand.pull(context)
        case "state list": try await StateCommand.list(context)
        case "state versions": try await StateCommand.versions(context)
        case "state show": try await StateCommand.show(context)
        case "state diff": try await StateCommand.diff(context)
        case "state export": try await StateCommand.export(context)
        case "state rollback": try await StateChangeCommand.rollback(context)
        case "state restore": try await StateChangeCommand.restore(context)
        case "state import": try await StateChangeCommand.importFile(context)
        case "state pin": try await StateChangeCommand.pin(context)
        case "state unpin": try await StateChangeCommand.unpin(context)
        case "state backup": try await StateKeepingCommand.backup(context)
        case "state verify": try await StateKeepingCommand.verify(context)
        case "state prune": try await StateKeepingCommand.prune(context)
        case "state rebuild": try await StateKeepingCommand.rebuild(context)
        case "credential add": try await CredentialCommand.add(context)
        case "credential list": try await CredentialCommand.list(context)
        case "credential remove": try await CredentialCommand.remove(context)
        case "worker": try await WorkerCommand.run(context)
        case "doctor": try await DoctorCommand.run(context)
        case "completions": try CompletionsCommand.run(context)
        case "version": try VersionCommand.run(context)
        default:
            throw UsageError(message: "'\(context.command.path.joined(separator: " "))' needs a subcommand.", command: context.command.path)
        }
    }
}

/// Which code runs which command.
enum Commands {
    /// Those that work with the machine's own data folder or database, in words.
    private static let machineOnly: Set<String> = [
        "worker", "keys list", "keys add", "keys rotate", "keys retire", "state backup", "state verify", "state prune", "state rebuild",
    ]

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let name = context.command.path.joined(separator: " ")
        if machineOnly.contains(name), case .server(let url, _) = try Place.choose(context) {
            throw CommandError(
                "`slipway \(name)` works on the installation's own machine, not through \(url): run it there, or name a data folder with --data DIR."
            )
        }
        return try await dispatch(context)
    }

    private static func dispatch(_ context: CommandContext) async throws -> ExitCode {
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
        case "state unlock": try await UnlockCommand.run(context)
        case "keys list": try await KeysCommand.list(context)
        case "keys add": try await KeysCommand.add(context)
        case "keys rotate": try await KeysCommand.rotate(context)
        case "keys retire": try await KeysCommand.retire(context)
        case "keys ssh": try await SSHKeyCommand.run(context)
        case "server register": try await ServerCommand.register(context)
        case "server list": try await ServerCommand.list(context)
        case "server show": try await ServerCommand.show(context)
        case "server check": try await ServerCommand.check(context)
        case "server rename": try await ServerCommand.rename(context)
        case "server remove": try await ServerCommand.remove(context)
        case "server ssh": try await ServerShell.run(context)
        case "server settings": try await ServerSettingsCommand.run(context)
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
        case "state retention": try await RetentionCommand.run(context)
        case "state rebuild": try await StateKeepingCommand.rebuild(context)
        case "credential add": try await CredentialCommand.add(context)
        case "credential list": try await CredentialCommand.list(context)
        case "credential remove": try await CredentialCommand.remove(context)
        case "org add": try await OrganizationCommand.add(context)
        case "org list": try await OrganizationCommand.list(context)
        case "org rename": try await OrganizationCommand.rename(context)
        case "org licence": try await OrganizationCommand.licence(context)
        case "org network": try await OrganizationCommand.network(context)
        case "org limits": try await OrganizationCommand.limits(context)
        case "org remove": try await OrganizationCommand.remove(context)
        case "user add": try await UserCommand.add(context)
        case "user list": try await UserCommand.list(context)
        case "user disable": try await UserCommand.disable(context)
        case "user enable": try await UserCommand.enable(context)
        case "user password": try await UserCommand.password(context)
        case "user grant": try await UserCommand.grant(context)
        case "user revoke": try await UserCommand.revoke(context)
        case "token add": try await TokenCommand.add(context)
        case "token list": try await TokenCommand.list(context)
        case "token revoke": try await TokenCommand.revoke(context)
        case "audit": try await AuditCommand.run(context)
        case "state backend": try StateBackendCommand.run(context)
        case "serve": try await ServeCommand.run(context)
        case "worker": try await WorkerCommand.run(context)
        case "local-cloud": try await LocalCloudCommand.run(context)
        case "doctor": try await DoctorCommand.run(context)
        case "completions": try CompletionsCommand.run(context)
        case "version": try await VersionCommand.run(context)
        case "login": try await LoginCommand.login(context)
        case "logout": try LoginCommand.logout(context)
        default:
            throw UsageError(message: "'\(context.command.path.joined(separator: " "))' needs a subcommand.", command: context.command.path)
        }
    }
}

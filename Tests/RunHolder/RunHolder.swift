internal import FoundationEssentials
internal import Terraform

/// A worker that tests kill: applies a folder in a workspace and waits.
///
/// `RunHolder ROOT STORE SANDBOX SOURCE`, with the run's environment from its own `AWS_…` variables. With `RUN_LEASE` it has a lease of so many
/// seconds, which it renews ten times in that time.
@main struct RunHolder {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.dropFirst() == [RunWatchdog.word] { return await RunWatchdog.watch() }
        let environment = ProcessInfo.processInfo.environment
        let sandbox = try await Sandbox.establish(Sandbox.Mode(rawValue: arguments[3]) ?? .preferred, environment: environment)
        let runner = TerraformRunner(
            program: try await TerraformProgram.locate(environment: environment),
            sandbox: sandbox,
            providers: try ProviderStore(folder: arguments[2], configurationFile: environment["TF_CLI_CONFIG_FILE"]),
            watchdog: try environment["RUN_LEASE"].flatMap(Int.init).map { try RunWatchdog(program: arguments[0], lease: .seconds($0)) }
        )
        let settings = RunSettings(environment: environment.filter { $0.key.hasPrefix("AWS_") })
        let workspace = try Workspace.make(
            in: WorkspaceRoot(path: arguments[1], isMemoryBacked: false, owner: sandbox.user),
            source: try SourceFiles(reading: arguments[4]),
            metadata: ["deployment": "42", "fence": "7"]
        )
        if case .needsInitialization = try await runner.prepare(workspace, lock: nil, settings: settings) {
            _ = try await runner.fillStore(for: workspace)
            _ = try await runner.prepare(workspace, lock: nil, settings: settings)
        }
        let run = try runner.start(.apply, in: workspace, settings: settings)
        let renewal = Task {
            let lease = Duration.seconds(environment["RUN_LEASE"].flatMap(Int.init) ?? 10)
            while (try? await Task.sleep(for: lease / 10)) != nil { runner.watchdog?.renew(for: lease) }
        }
        _ = await run.wait()
        renewal.cancel()
    }
}

internal import Host
internal import Log

/// Runs Terraform: the program, what it is locked into, and the providers it is given.
package struct TerraformRunner: Sendable {
    package let program: TerraformProgram
    package let sandbox: Sandbox
    package let providers: ProviderStore
    /// Ends runs when this process stands still; nil for nothing that does.
    package let watchdog: RunWatchdog?
    /// Keep runs to their limits; nil where this process may make none.
    package let groups: RunGroups?
    /// Where its commands are.
    var network = RunNetwork.host

    package init(
        program: TerraformProgram,
        sandbox: Sandbox,
        providers: ProviderStore,
        watchdog: RunWatchdog? = nil,
        groups: RunGroups? = nil
    ) {
        self.groups = groups
        self.watchdog = watchdog
        self.program = program
        self.sandbox = sandbox
        self.providers = providers
    }

    /// The only one that fills the store.
    var installer: ProviderInstaller { ProviderInstaller(program: program, sandbox: sandbox, store: providers) }

    /// What ``prepare(_:lock:settings:)`` found.
    package enum Preparation: Sendable, Hashable {
        /// Run at once; should Terraform still refuse, ``RunExit/needsInitialization`` says so.
        ///
        /// The lock file is to be kept for the deployment's next run once this one has succeeded; nil when no provider was chosen.
        case ready(lock: String?)
        /// Call ``TerraformRunner/fillStore(for:)`` and prepare again; should that not do either, run `initialize`.
        case needsInitialization(why: String)
    }

    /// Starts Terraform in a workspace.
    ///
    /// `initialize` may itself end with ``RunExit/needsInitialization``, when the kept lock file no longer fits: run it once more.
    ///
    /// - Parameters:
    ///   - command: What to do. One at a time in a workspace.
    ///   - workspace: Prepared, or initialised.
    ///   - settings: Environment, masking.
    /// - Returns: The run; it goes on, whether or not anyone reads its lines.
    /// - Throws: ``TerraformError`` when it can't be started.
    package func start(_ command: TerraformCommand, in workspace: Workspace, settings: RunSettings) throws(TerraformError) -> TerraformRun {
        do throws(HostError) {
            if command == .initialize { try makeReadyForInitialization(workspace) }
            let order = try order(command, in: workspace, settings: settings)
            let group = try groups?.make(settings.limits, filesAreMemory: workspace.isMemoryBacked)
            do throws(HostError) {
                return try start(command, order, group, in: workspace, settings: settings)
            } catch {
                group?.abandon()
                throw error
            }
        } catch {
            throw TerraformError(error)
        }
    }

    private func start(
        _ command: TerraformCommand,
        _ order: Sandbox.Order,
        _ group: RunGroup?,
        in workspace: Workspace,
        settings: RunSettings
    ) throws(HostError) -> TerraformRun {
        var child = try sandbox.command(order)
        if let processors = settings.limits.processors, groups?.controllers.contains(.cpu) != true {
            child = ProcessorShare.command(child, processors: processors)
        }
        if let group { child = group.entered(by: child) }
        let events = try workspace.folder.appending(to: Workspace.outputName)
        let rest = try workspace.folder.appending(to: Workspace.errorName)
        child.output = .descriptor(events.descriptor)
        child.errorOutput = .descriptor(rest.descriptor)
        defer { withExtendedLifetime((events, rest)) {} }
        return try TerraformRun(
            command,
            in: workspace,
            child: child,
            sandbox: sandbox.bubblewrap,
            group: group,
            limits: settings.limits,
            watchdog: watchdog,
            isInJSON: command != .initialize || program.initializesInJSON,
            parser: EventParser(redactor: settings.redactor)
        )
    }

    // MARK: - The command line

    func order(_ command: TerraformCommand, in workspace: Workspace, settings: RunSettings) throws(HostError) -> Sandbox.Order {
        try writeConfiguration(for: command, into: workspace)
        return Sandbox.Order(
            program: sandbox.isInForce ? try providers.unreadableCopy(of: program, orIn: workspace.rootPath) : program.path,
            arguments: arguments(command, workspace, settings),
            environment: environment(workspace, settings),
            insideFolder: workspace.inside.path,
            providers: workspace.providers.map { given in
                let path = given.provider.path
                return Sandbox.Bind(source: "\(providers.folder)/\(path)", target: "\(sandbox.providers(providers.folder))/\(path)")
            },
            downloads: workspace.downloads?.path,
            writesDownloads: command == .initialize,
            readOnly: providers.configuration.folders,
            limits: settings.limits,
            network: network
        )
    }

    private func arguments(_ command: TerraformCommand, _ workspace: Workspace, _ settings: RunSettings) -> [String] {
        // The local backend's lock would guard a file that nobody else has.
        var run = ["-json", "-input=false", "-no-color", "-lock=false"]
        if let parallelism = settings.parallelism { run.append("-parallelism=\(parallelism)") }
        let variables = workspace.variableFiles.map { "-var-file=../\($0)" }
        return switch command {
        case .apply: ["apply", "-auto-approve"] + run + variables
        case .plan(let destroy): ["plan", "-out=../plan"] + (destroy ? ["-destroy"] : []) + run + variables
        case .applyPlan: ["apply"] + run + ["../plan"]
        case .destroy: ["apply", "-destroy", "-auto-approve"] + run + variables
        case .refresh: ["apply", "-refresh-only", "-auto-approve"] + run + variables
        case .initialize: ["init", "-input=false", "-no-color"] + (program.initializesInJSON ? ["-json"] : [])
        case .getModules: ["get", "-no-color"]
        case .validate: ["validate", "-json", "-no-color"]
        }
    }

    private func environment(_ workspace: Workspace, _ settings: RunSettings) -> [String: String] {
        var environment = settings.environment.filter { name, _ in !Self.isOurs(name) }
        environment["TF_CLI_CONFIG_FILE"] = sandbox.workspace(workspace.inside.path) + "/terraformrc"
        environment["TF_IN_AUTOMATION"] = "1"
        environment["TF_INPUT"] = "0"
        // No call home.
        environment["CHECKPOINT_DISABLE"] = "1"
        // A quarter less processor time for 200 MB more memory.
        environment["GOGC"] = settings.environment["GOGC"] ?? "400"
        return environment
    }

    /// Variables that would change where things are, or what runs.
    private static func isOurs(_ name: String) -> Bool {
        name.hasPrefix("TF_CLI_ARGS")
            || [
                "PATH", "HOME", "TMPDIR", "TF_DATA_DIR", "TF_WORKSPACE", "TF_PLUGIN_CACHE_DIR", "TF_REATTACH_PROVIDERS",
                "TF_CLI_CONFIG_FILE",
                "SLIPWAY_WORKSPACE", "",
            ].contains(name) || name.contains("=")
    }
}

extension TerraformProgram {
    /// `init -json` came with Terraform 1.9; before, and in OpenTofu, its output is plain text.
    var initializesInJSON: Bool { flavor == .terraform && !version.numbers.lexicographicallyPrecedes([1, 9]) }
}

/// Runs Terraform: the program, what it is locked into, and the providers it is given.
package struct TerraformRunner: Sendable {
    package let program: TerraformProgram
    package let sandbox: Sandbox
    package let providers: ProviderStore

    package init(program: TerraformProgram, sandbox: Sandbox, providers: ProviderStore) {
        self.program = program
        self.sandbox = sandbox
        self.providers = providers
    }

    /// What ``prepare(_:lock:settings:)`` found.
    package enum Preparation: Sendable, Hashable {
        /// Run at once; should Terraform still refuse, ``RunExit/needsInitialization`` says so.
        case ready
        /// Run `initialize` first.
        case needsInitialization(why: String)
    }

    /// Prepares a workspace from the store, so that no `init` is needed (a few ms; 30 ms when there are modules).
    ///
    /// - Parameters:
    ///   - workspace: A fresh one.
    ///   - lock: The lock file kept from the deployment's last run, unless the source has its own.
    ///   - settings: For the modules' sake, which may need credentials.
    package func prepare(_ workspace: Workspace, lock: String?, settings: RunSettings) async throws(TerraformError) -> Preparation {
        fatalError("soon")
    }

    /// Starts Terraform in a workspace.
    ///
    /// - Throws: ``TerraformError`` when it can't be started.
    package func start(_ command: TerraformCommand, in workspace: Workspace, settings: RunSettings) throws(TerraformError) -> TerraformRun {
        fatalError("soon")
    }

    /// Takes the providers that a successful `initialize` brought in into the store, and prepares the workspace with them.
    ///
    /// - Returns: The lock file, with hashes, to keep for the deployment's next run; nil when there are no providers.
    package func keepProviders(of workspace: Workspace) async throws(TerraformError) -> String? { fatalError("soon") }
}

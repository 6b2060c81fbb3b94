internal import Host
internal import Log

extension TerraformRunner {
    /// Prepares a workspace from the store, so that no `init` is needed (a few ms; 30 ms when there are modules).
    ///
    /// - Parameters:
    ///   - workspace: A fresh one.
    ///   - lock: The lock file kept from the deployment's last run; a lock file in the source wins.
    ///   - settings: For the modules' sake, which may need credentials.
    /// - Returns: Whether it can run at once.
    /// - Throws: ``TerraformError`` when the workspace or the store can't be written.
    package func prepare(_ workspace: Workspace, lock: String?, settings: RunSettings) async throws(TerraformError) -> Preparation {
        let kept = workspace.facts.lockFile == nil ? lock : nil
        workspace.keptLock = kept
        var own: DependencyLock?
        if let text = workspace.facts.lockFile {
            own = DependencyLock(text)
            guard own != nil else { return .needsInitialization(why: "the lock file can't be read") }
        }
        let choice = ProviderChoice.choose(
            own: own,
            // One that can't be read any more is as good as none.
            kept: kept.flatMap(DependencyLock.init),
            requirements: workspace.facts.providers.addresses(for: program.flavor),
            stored: providers.providers(for: program.platform)
        )
        guard case .these(let chosen) = choice else {
            if case .needsInitialization(let why) = choice { return .needsInitialization(why: why) }
            return .ready(lock: nil)
        }
        if let missing = try attempt({ () throws(HostError) in try link(chosen, into: workspace) }) {
            return .needsInitialization(why: "\(missing.address) \(missing.version) in the store is damaged")
        }
        if workspace.facts.hasModules { try await getModules(workspace, settings) }
        let selections = chosen.map { DependencyLock.Selection(address: $0.address, version: $0.version, hashes: $0.hashes) }
        return .ready(lock: selections.isEmpty ? nil : DependencyLock(selections).text)
    }

    /// Takes the providers that a successful `initialize` brought in into the store, and prepares the workspace with them.
    ///
    /// - Parameter workspace: In which `initialize` has succeeded.
    /// - Returns: The lock file, with hashes, to keep for the deployment's next run; nil when there are no providers.
    /// - Throws: ``TerraformError/Reason/providerDamaged(_:)`` when what came isn't what the lock file promises.
    package func keepProviders(of workspace: Workspace) async throws(TerraformError) -> String? {
        guard let incoming = workspace.incoming else { return nil }
        let bytes = try attempt { () throws(HostError) in try workspace.source.read(Self.lockName, limit: 16 << 20) }
        let text = bytes.map { String(decoding: $0, as: UTF8.self) }
        if let lock = text.flatMap(DependencyLock.init) {
            try await providers.install(lock, from: "\(incoming)/providers", platform: program.platform)
            let installed = lock.selections.compactMap { providers.provider($0.address, $0.version, program.platform) }
            let missing = try attempt { () throws(HostError) in try link(installed, into: workspace) }
            if let missing { throw TerraformError(.providerDamaged("\(missing.address) \(missing.version)")) }
        }
        try attempt { () throws(HostError) in try FileSystem.removeTree(incoming) }
        workspace.incoming = nil
        return text
    }

    // MARK: - Details

    private static let lockName = ".terraform.lock.hcl"

    /// Links providers into the workspace and locks them, without hashes.
    ///
    /// - Returns: The first that is no longer what was verified.
    private func link(_ chosen: [StoredProvider], into workspace: Workspace) throws(HostError) -> StoredProvider? {
        let folder = ".terraform/providers"
        try workspace.source.remove(folder)
        var locks: [FileLock] = []
        for provider in chosen {
            guard let lock = try providers.use(provider) else { return provider }
            locks.append(lock)
            let link = "\(folder)/\(provider.path)"
            try workspace.source.makeFolder(String(link.dropLast(provider.platform.count + 1)))
            try workspace.source.link(link, to: "\(sandbox.providers(providers.folder))/\(provider.path)")
        }
        workspace.hold(providers: locks)
        try workspace.source.remove(Self.lockName)
        guard !chosen.isEmpty else { return nil }
        let lock = DependencyLock(chosen.map { DependencyLock.Selection(address: $0.address, version: $0.version) })
        try workspace.source.write(Array(lock.text.utf8), to: Self.lockName)
        return nil
    }

    /// Lets `init` download next to the store, with the hashes it is to check.
    func makeReadyForInitialization(_ workspace: Workspace) throws(HostError) {
        if let old = workspace.incoming { try FileSystem.removeTree(old) }
        let incoming = try providers.makeIncoming(owner: sandbox.user)
        workspace.incoming = incoming
        workspace.hold(providers: [])
        try workspace.source.link(".terraform/providers", to: "\(sandbox.incoming(incoming))/providers")
        try workspace.source.remove(Self.lockName)
        if let lock = workspace.facts.lockFile ?? workspace.keptLock { try workspace.source.write(Array(lock.utf8), to: Self.lockName) }
    }

    /// Brings in modules; what goes wrong is said by the run that follows, which finds them missing.
    private func getModules(_ workspace: Workspace, _ settings: RunSettings) async throws(TerraformError) {
        do throws(HostError) {
            let command = try sandbox.command(try order(.getModules, in: workspace, settings: settings))
            _ = try await ChildProcess.run(command, timeout: .seconds(300), limit: 64 * 1024)
        } catch {
            throw TerraformError(error)
        }
    }
}

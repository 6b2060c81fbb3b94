internal import Host
internal import Log

extension TerraformRunner {
    /// Prepares a workspace from the store, so that no `init` is needed (a few ms; 30 ms when there are modules).
    ///
    /// - Parameters:
    ///   - workspace: A fresh one, or the same again after ``fillStore(for:)``.
    ///   - lock: The lock file kept from the deployment's last run; a lock file in the source wins.
    ///   - settings: For the modules' sake, which may need credentials.
    /// - Returns: Whether it can run at once.
    /// - Throws: ``TerraformError`` when the workspace or the store can't be written.
    package func prepare(_ workspace: Workspace, lock: String?, settings: RunSettings) async throws(TerraformError) -> Preparation {
        let kept = workspace.facts.lockFile == nil ? lock : nil
        workspace.keptLock = kept
        workspace.choice = ProviderChoice()
        var own: DependencyLock?
        if let text = workspace.facts.lockFile {
            own = DependencyLock(text)
            guard own != nil else { return .needsInitialization(why: "the lock file can't be read") }
        }
        // One that can't be read any more is as good as none.
        let keptLock = kept.flatMap(DependencyLock.init)
        let choice = ProviderChoice.choose(
            own: own,
            kept: keptLock,
            requirements: workspace.facts.providers.addresses(for: program.flavor),
            bundled: bundled(in: workspace),
            stored: providers.providers(for: program.platform)
        )
        workspace.choice = choice
        if workspace.facts.lockFile == nil, let lock = choice.lock(over: keptLock, bundled: bundled(in: workspace)) {
            workspace.keptLock = lock.text
        }
        if let missing = choice.missing.first { return .needsInitialization(why: missing.why) }
        let (given, damaged) = try attempt { () throws(HostError) in try use(choice.given) }
        if let damaged {
            let request = ProviderRequest(damaged.address, exactly: damaged.version)
            workspace.choice.missing.append(.init(why: "\(damaged.text) in the store is damaged", request: request))
            return .needsInitialization(why: "\(damaged.text) in the store is damaged")
        }
        try attempt { () throws(HostError) in try link(given, into: workspace) }
        if workspace.facts.hasModules { try await getModules(workspace, settings) }
        let selections = choice.given.map { DependencyLock.Selection(address: $0.address, version: $0.version, hashes: $0.hashes) }
        return .ready(lock: selections.isEmpty ? nil : DependencyLock(selections).text)
    }

    /// Fills the store with what a workspace needs of it and it lacks; nothing of the run has a hand in that.
    ///
    /// - Parameter workspace: For which ``prepare(_:lock:settings:)`` has said that it needs initialization.
    /// - Returns: What is in the store now, as `registry.terraform.io/hashicorp/aws 5.100.0`; when it isn't empty, prepare again.
    /// - Throws: ``TerraformError`` when the store can't be written, and for a provider that was exchanged. What can't be had is no error:
    ///   the run's own `init` may know more, and says so in Terraform's words.
    package func fillStore(for workspace: Workspace) async throws(TerraformError) -> [String] {
        var installed: [String] = []
        for request in workspace.choice.missing.compactMap(\.request) {
            switch try await installer.install(request) {
            case .installed(let provider): installed.append(provider.text)
            case .unavailable(let why): tellUnavailable(request, why)
            }
        }
        return installed
    }

    /// Settles where the workspace has its providers from after a successful `initialize`.
    ///
    /// What its lock file names is asked of the registry or mirror by the store's own installer, once more; nothing that the run itself
    /// brought in gets into the store. When the store has all, the run is given that; else it keeps its own downloads until it is removed.
    ///
    /// - Parameter workspace: In which `initialize` has succeeded.
    /// - Returns: The lock file, with hashes, to keep for the deployment's next run; nil when there are no providers.
    /// - Throws: ``TerraformError`` when workspace or store can't be written, and for a provider that was exchanged.
    package func keepProviders(of workspace: Workspace) async throws(TerraformError) -> String? {
        guard let downloads = workspace.downloads else { return nil }
        let text = try attempt { () throws(HostError) in try lockFile(of: workspace) }
        let lock = text.flatMap(DependencyLock.init) ?? DependencyLock([])
        for selection in lock.selections where !bundled(in: workspace).contains(selection.address) && stored(selection) == nil {
            let request = ProviderRequest(selection.address, exactly: selection.version)
            if case .unavailable(let why) = try await installer.install(request) { tellUnavailable(request, why) }
        }
        let isOwn = { (selection: DependencyLock.Selection) in
            bundled(in: workspace).contains(selection.address) || stored(selection) == nil
        }
        let own = lock.selections.filter(isOwn)
        let common = lock.selections.filter { !isOwn($0) }
        if own.isEmpty {
            let (given, damaged) = try attempt { () throws(HostError) in try use(common.compactMap(stored)) }
            if let damaged { throw TerraformError(.providerDamaged(damaged.text)) }
            try attempt { () throws(HostError) in try link(given, into: workspace) }
            downloads.remove()
            workspace.downloads = nil
        } else {
            // What comes from the store was checked before and can't be written: Terraform need not read it all with each command.
            try attempt { () throws(HostError) in
                try writeLock(DependencyLock(own + DependencyLock(common).hashless.selections), into: workspace)
            }
        }
        return text
    }

    // MARK: - The store

    /// Terraform looks into the source itself only where its configuration doesn't say where providers come from.
    private func bundled(in workspace: Workspace) -> Set<ProviderAddress> {
        providers.configuration.hasInstallation ? [] : workspace.facts.bundledProviders
    }

    private func stored(_ selection: DependencyLock.Selection) -> StoredProvider? {
        providers.providers(for: program.platform).first(where: selection.isSatisfied)
    }

    private func tellUnavailable(_ request: ProviderRequest, _ why: String) {
        providers.logger.info(
            "A provider can't be had for the store; the run installs its own",
            ["provider": .init(request.address), "reason": .init(why)]
        )
    }

    /// Takes providers into use, up to the first that is no longer what was verified.
    private func use(_ chosen: [StoredProvider]) throws(HostError) -> (given: [GivenProvider], damaged: StoredProvider?) {
        var given: [GivenProvider] = []
        for provider in chosen {
            guard let lock = try providers.use(provider) else { return (given, provider) }
            given.append(GivenProvider(provider, lock: lock))
        }
        return (given, nil)
    }

    // MARK: - What is written into the workspace

    private static let lockName = ".terraform.lock.hcl"
    private static let providerFolder = ".terraform/providers"

    /// Links providers into the workspace and locks them, without hashes.
    private func link(_ given: [GivenProvider], into workspace: Workspace) throws(HostError) {
        let folder = Self.providerFolder
        try workspace.source.remove(folder)
        for provider in given.map(\.provider) {
            let link = "\(folder)/\(provider.path)"
            try workspace.source.makeFolder(String(link.dropLast(provider.platform.count + 1)))
            try workspace.source.link(link, to: "\(sandbox.providers(providers.folder))/\(provider.path)")
        }
        workspace.providers = given
        try writeLock(DependencyLock(given.map { .init(address: $0.provider.address, version: $0.provider.version) }), into: workspace)
    }

    /// Lets `init` download into a folder of the run's own, with the hashes it is to check, and offers it what the store has for it.
    func makeReadyForInitialization(_ workspace: Workspace) throws(HostError) {
        workspace.downloads?.remove()
        let downloads = try providers.makeDownloads(owner: sandbox.user)
        workspace.downloads = downloads
        // What is damaged or gone meanwhile is not offered.
        var offered: [GivenProvider] = []
        for provider in workspace.choice.given {
            if let lock = try providers.use(provider) { offered.append(GivenProvider(provider, lock: lock)) }
        }
        workspace.providers = offered
        if !sandbox.isInForce { try makeMirror(of: offered, in: downloads) }
        try workspace.source.link(Self.providerFolder, to: "\(sandbox.incoming(downloads.path))/providers")
        try workspace.source.remove(Self.lockName)
        if let lock = workspace.facts.lockFile ?? workspace.keptLock { try workspace.source.write(Array(lock.utf8), to: Self.lockName) }
    }

    /// Without a sandbox the run would see the whole store: a folder with links to what it is given stands in for it.
    private func makeMirror(of given: [GivenProvider], in downloads: DownloadFolder) throws(HostError) {
        for provider in given.map(\.provider) {
            let link = "mirror/\(provider.path)"
            try downloads.folder.makeFolder(String(link.dropLast(provider.platform.count + 1)))
            try downloads.folder.link(link, to: "\(providers.folder)/\(provider.path)")
        }
    }

    /// Writes the CLI configuration: what the run is given of the store needs no second download.
    func writeConfiguration(for command: TerraformCommand, into workspace: Workspace) throws(HostError) {
        var text = providers.configuration.text
        let given = Set(workspace.providers.map(\.provider.address))
        let isKnown = providers.configuration.hasInstallation || !workspace.facts.bundlesByLink
        if command == .initialize, let downloads = workspace.downloads, !given.isEmpty, isKnown {
            text = providers.configuration.offering(
                given,
                in: sandbox.isInForce ? Sandbox.Layout.providers : "\(downloads.path)/mirror",
                bundled: bundled(in: workspace),
                bundle: "\(sandbox.workspace(workspace.inside.path))/source/\(SourceFacts.bundleFolder)"
            )
        }
        try workspace.inside.write(Array(text.utf8), to: "terraformrc")
    }

    private func writeLock(_ lock: DependencyLock, into workspace: Workspace) throws(HostError) {
        try workspace.source.remove(Self.lockName)
        if !lock.selections.isEmpty { try workspace.source.write(Array(lock.text.utf8), to: Self.lockName) }
    }

    /// What `init` wrote: the run's own data, good for its own deployment and for nothing else.
    private func lockFile(of workspace: Workspace) throws(HostError) -> String? {
        try workspace.source.read(Self.lockName, limit: 16 << 20).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Brings in modules; what goes wrong is said by the run that follows, which finds them missing.
    private func getModules(_ workspace: Workspace, _ settings: RunSettings) async throws(TerraformError) {
        let exit = try await ended(try start(.getModules, in: workspace, settings: settings), within: .seconds(300))
        // A module's source is fetched by programs that its author may have a say in.
        if case .killed(.exceeded(let excess)) = exit.attributed(to: settings.limits).end { throw TerraformError(.limitExceeded(excess)) }
    }
}

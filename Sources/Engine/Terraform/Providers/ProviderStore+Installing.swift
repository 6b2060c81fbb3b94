internal import Host
internal import Log

extension ProviderStore {
    /// Makes a folder for what an `init` brings in; on the store's disk, so that a provider is moved and not copied.
    func makeDownloads(owner: FileOwner? = nil) throws(HostError) -> DownloadFolder {
        try DownloadFolder(in: "\(folder)/.incoming", owner: owner)
    }

    /// Takes providers into the store that aren't there yet; each is verified, made durable and read-only before it counts.
    ///
    /// - Parameters:
    ///   - lock: The lock file of an `init` that saw nobody's code: what is to be installed, and the hashes that the registry or mirror has.
    ///   - source: Laid out as a mirror, by a process that has ended.
    ///   - platform: `linux_amd64`
    /// - Throws: ``TerraformError/Reason/providerDamaged(_:)`` when what came isn't what the lock file promises, and
    ///   ``TerraformError/Reason/providerChanged(_:pin:)`` when it isn't what was installed here first.
    func install(_ lock: DependencyLock, from source: String, platform: String) async throws(TerraformError) {
        for selection in lock.selections where isMissing(selection, platform) {
            let guarding: FileLock
            do { guarding = try await FileLock.wait("\(folder)/.install") } catch { throw TerraformError(error) }
            defer { guarding.release() }
            // Someone else may have brought it in while we waited.
            if isMissing(selection, platform) { try install(selection, from: source, platform) }
        }
        try await evict()
    }

    private func isMissing(_ selection: DependencyLock.Selection, _ platform: String) -> Bool {
        record(named: recordName(selection, platform))?.isVerified != true
    }

    private func recordName(_ selection: DependencyLock.Selection, _ platform: String) -> String {
        Self.name(StoredProvider.path(selection.address, selection.version, platform)) + ".json"
    }

    private func install(_ selection: DependencyLock.Selection, from source: String, _ platform: String) throws(TerraformError) {
        let path = StoredProvider.path(selection.address, selection.version, platform)
        // From an unpacked mirror `init` makes a link and not a copy.
        guard let found = FileSystem.resolved("\(source)/\(path)") else { throw TerraformError(.providerDamaged(selection.text)) }
        let downloads = try attempt { () throws(HostError) in try makeDownloads() }
        defer { downloads.remove() }
        let fresh = "\(downloads.path)/fresh"
        if found.hasPrefix("\(folder)/.incoming/") {
            try checkForLinks(found, selection)
            try attempt { () throws(HostError) in try FileSystem.rename(found, to: fresh) }
        } else {
            try attempt { () throws(HostError) in try copy(found, to: fresh) }
        }
        let h1 = try attempt { () throws(HostError) in try ProviderHash.h1(of: fresh) }
        guard selection.hashes.contains(h1) else { throw TerraformError(.providerDamaged(selection.text)) }
        var provider = StoredProvider(
            address: selection.address,
            version: selection.version,
            platform: platform,
            h1: h1,
            hashes: selection.hashes,
            files: []
        )
        try pin(provider)
        try attempt { () throws(HostError) in
            if try !confirms(provider) { try moveIn(fresh, as: provider) }
            provider.files = try StoredProvider.files(in: "\(folder)/\(path)")
            try write(provider)
            if !FileSystem.exists(usePath(provider)) { try FileSystem.write([], to: usePath(provider)) }
        }
        logger.info("A provider is in the store", ["provider": .init(provider.text), "provider.h1": .init(h1)])
    }

    /// Whether an unverified provider of the same version turns out to be the same; if it is another, it is removed.
    private func confirms(_ provider: StoredProvider) throws(HostError) -> Bool {
        guard let old = record(named: Self.name(provider.path) + ".json") else { return false }
        // What can't be read any more is as good as gone.
        if (try? ProviderHash.h1(of: "\(folder)/\(old.path)")) == provider.h1 { return true }
        logger.warning(
            "A provider of the store is not what its registry or mirror has, and is removed",
            ["provider": .init(old.text), "provider.h1": .init(old.h1), "provider.h1.expected": .init(provider.h1)]
        )
        try FileSystem.removeFile(recordPath(old))
        return false
    }

    private func moveIn(_ fresh: String, as provider: StoredProvider) throws(HostError) {
        let target = "\(folder)/\(provider.path)"
        let parent = String(target.dropLast(provider.platform.count + 1))
        try makeReadOnly(fresh)
        // What is there without a record is half of something.
        try FileSystem.removeTree(target)
        try FileSystem.makeFolder(parent)
        try FileSystem.setMode(0o700, of: fresh)
        try FileSystem.rename(fresh, to: target)
        try FileSystem.setMode(0o555, of: target)
        try FileSystem.sync(folder: parent)
    }

    /// A download is made of files and folders: what is done to a link would be done to something outside.
    private func checkForLinks(_ path: String, _ selection: DependencyLock.Selection) throws(TerraformError) {
        let files = try attempt { () throws(HostError) in try ProviderHash.files(in: path) }
        guard files.allSatisfy({ FileFacts(of: "\(path)/\($0)")?.kind == .file }) else {
            throw TerraformError(.providerDamaged(selection.text))
        }
    }

    private func copy(_ source: String, to target: String) throws(HostError) {
        try FileSystem.makeNewFolder(target)
        for file in try ProviderHash.files(in: source) {
            if let slash = file.lastIndex(of: "/") { try FileSystem.makeFolder("\(target)/\(file[..<slash])") }
            try FileSystem.copy("\(source)/\(file)", to: "\(target)/\(file)", mode: 0o500)
        }
    }

    /// Also waits until the content is on the disk.
    private func makeReadOnly(_ folder: String) throws(HostError) {
        for file in try ProviderHash.files(in: folder) {
            try FileSystem.sync(file: "\(folder)/\(file)")
            // Everything may be executed: a provider may bring helpers.
            try FileSystem.setMode(0o555, of: "\(folder)/\(file)")
        }
        try FileSystem.sync(folder: folder)
    }
}

extension DependencyLock.Selection {
    fileprivate var text: String { "\(address) \(version)" }
}

internal import FoundationEssentials
internal import Host

extension ProviderStore {
    /// Makes a folder for what an `init` brings in; on the store's disk, so that a provider is moved and not copied.
    func makeIncoming(owner: FileOwner?) throws(HostError) -> String {
        let path = "\(folder)/.incoming/\(UUID().uuidString.lowercased())"
        for part in ["", "/tmp", "/providers"] { _ = try HeldFolder.make(path + part, owner: owner) }
        return path
    }

    /// Takes providers into the store that aren't there yet; each is verified, made durable and read-only before it counts.
    ///
    /// - Parameters:
    ///   - lock: The lock file that `init` wrote: what is to be installed, and its hashes.
    ///   - source: Laid out as a mirror, by a process that has ended.
    ///   - platform: `linux_amd64`
    /// - Throws: ``TerraformError/Reason/providerDamaged(_:)`` when what came isn't what the lock file promises.
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
        provider(selection.address, selection.version, platform) == nil
    }

    private func install(_ selection: DependencyLock.Selection, from source: String, _ platform: String) throws(TerraformError) {
        let path = StoredProvider.path(selection.address, selection.version, platform)
        // From an unpacked mirror `init` makes a link and not a copy.
        guard let found = FileSystem.resolved("\(source)/\(path)") else { throw TerraformError(.providerDamaged(selection.text)) }
        let target = "\(folder)/\(path)"
        do throws(HostError) {
            let fresh = "\(folder)/.incoming/\(UUID().uuidString.lowercased())"
            defer { try? FileSystem.removeTree(fresh) }
            if found.hasPrefix("\(folder)/.incoming/") { try FileSystem.rename(found, to: fresh) } else { try copy(found, to: fresh) }
            let h1 = try ProviderHash.h1(of: fresh)
            guard selection.hashes.contains(h1) else { throw HostError(errno: 0, doing: "verify", path: path) }
            try makeReadOnly(fresh)
            // What is there without a record is half of something.
            try FileSystem.removeTree(target)
            try FileSystem.makeFolder(String(target.dropLast(platform.count + 1)))
            try FileSystem.setMode(0o700, of: fresh)
            try FileSystem.rename(fresh, to: target)
            try FileSystem.setMode(0o555, of: target)
            try FileSystem.sync(folder: String(target.dropLast(platform.count + 1)))
            try write(
                StoredProvider(
                    address: selection.address,
                    version: selection.version,
                    platform: platform,
                    h1: h1,
                    hashes: selection.hashes,
                    files: try StoredProvider.files(in: target)
                )
            )
            try FileSystem.write([], to: "\(folder)/.records/\(Self.name(path)).use")
        } catch {
            throw error.doing == "verify" ? TerraformError(.providerDamaged(selection.text)) : TerraformError(error)
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

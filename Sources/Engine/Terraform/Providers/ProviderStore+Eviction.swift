internal import FoundationEssentials
internal import Host

extension ProviderStore {
    /// Removes the least recently used providers that nobody uses until the store is within its limit, and downloads nobody finished.
    func evict() async throws(TerraformError) {
        do throws(HostError) {
            let guarding = try await FileLock.wait("\(folder)/.install")
            defer { guarding.release() }
            try removeAbandoned()
            let names = try FileSystem.names(in: "\(folder)/.records").filter { $0.hasSuffix(".json") }
            var stored = names.compactMap { name in
                StoredProvider(record: (try? FileSystem.read("\(folder)/.records/\(name)")) ?? [])
            }
            var total = stored.reduce(0) { $0 + $1.byteCount }
            guard total > byteLimit else { return }
            stored.sort { lastUse($0) < lastUse($1) }
            for provider in stored where total > byteLimit {
                if try remove(provider) { total -= provider.byteCount }
            }
        } catch {
            throw TerraformError(error)
        }
    }

    /// False when it is in use.
    private func remove(_ provider: StoredProvider) throws(HostError) -> Bool {
        guard let lock = try FileLock.take("\(folder)/.records/\(Self.name(provider.path)).use") else { return false }
        defer { lock.release() }
        try FileSystem.removeFile(recordPath(provider))
        try FileSystem.removeTree("\(folder)/\(provider.path)")
        return true
    }

    private func lastUse(_ provider: StoredProvider) -> Int64 {
        FileFacts(of: "\(folder)/.records/\(Self.name(provider.path)).use")?.modified ?? 0
    }

    /// A download takes minutes; what lies there for a day belongs to nobody.
    private func removeAbandoned() throws(HostError) {
        for name in try FileSystem.names(in: "\(folder)/.incoming") {
            let path = "\(folder)/.incoming/\(name)"
            guard let facts = FileFacts(of: path), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 > 86_400 else { continue }
            try FileSystem.removeTree(path)
        }
    }
}

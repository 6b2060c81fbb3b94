internal import Host

extension ProviderStore {
    /// Removes the least recently used providers that nobody uses until the store is within its limit, and downloads whose process died.
    func evict() async throws(TerraformError) {
        do throws(HostError) {
            let guarding = try await FileLock.wait("\(folder)/.install")
            defer { guarding.release() }
            try DownloadFolder.removeAbandoned(in: "\(folder)/.incoming")
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
        guard let lock = try FileLock.take(usePath(provider)) else { return false }
        defer { lock.release() }
        try FileSystem.removeFile(recordPath(provider))
        try FileSystem.removeTree("\(folder)/\(provider.path)")
        return true
    }

    private func lastUse(_ provider: StoredProvider) -> Int64 {
        FileFacts(of: usePath(provider))?.modified ?? 0
    }
}

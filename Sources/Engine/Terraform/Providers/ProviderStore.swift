internal import FoundationEssentials
internal import Host
package import Log

/// The providers that runs share: installed once by ``ProviderInstaller``, verified, read-only.
///
/// ```
/// registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/   as in an unpacked mirror; nothing in it is writable
/// .records/registry.terraform.io!hashicorp!aws!5.100.0!linux_amd64.json   hashes and files, written last: without it, it isn't there
/// .records/….use    locked (shared) by every run that uses it; its time is that of the last use
/// .pins/….json      the hash of the first install, which every later one must have; outlives eviction
/// .install          locked while something is moved in or removed
/// .installing/…     locked while an address is asked for, so that nobody downloads it twice
/// .unavailable/…    what could not be had a moment ago, and why
/// .incoming/…       what one `init` downloads: the installer's, or a run's own (``DownloadFolder``)
/// ```
package final class ProviderStore: Sendable {
    package let folder: String
    package let byteLimit: Int
    let configuration: CLIConfiguration
    /// What the installer takes from the operator's environment.
    let environment: [String: String]
    let logger: Logger

    /// Opens the store, making the folder when it is missing.
    ///
    /// - Parameters:
    ///   - folder: `providers/` in the data folder.
    ///   - byteLimit: When more is in it, the least recently used that nobody uses are removed.
    ///   - mirror: A folder laid out as Terraform's mirrors are; what it holds comes from there, everything else from its registry.
    ///   - configurationFile: The user's `TF_CLI_CONFIG_FILE`; when that file exists, it wins over `mirror`.
    ///   - environment: The operator's: of it, proxies and certificates are used when something is installed.
    ///   - logger: Told of what enters the store, and of what is removed from it because it isn't what it should be.
    /// - Throws: ``TerraformError`` when the folder can't be made.
    package init(
        folder: String,
        byteLimit: Int = 20 << 30,
        mirror: String? = nil,
        configurationFile: String? = nil,
        environment: [String: String] = [:],
        logger: Logger = .none
    ) throws(TerraformError) {
        try attempt { () throws(HostError) in
            for path in ["", "/.records", "/.pins", "/.installing", "/.unavailable", "/.incoming"] {
                try FileSystem.makeFolder(folder + path)
            }
        }
        self.folder = FileSystem.resolved(folder) ?? folder
        self.byteLimit = byteLimit
        self.environment = environment
        self.logger = logger
        configuration = try CLIConfiguration(configurationFile: configurationFile, mirror: mirror)
    }

    /// Everything that runs may be given on a platform, in no order.
    func providers(for platform: String) -> [StoredProvider] {
        records { $0.hasSuffix("!\(platform).json") }.filter(\.isVerified)
    }

    /// What an earlier version took from the runs' own `init`, and nobody has verified since.
    func unverifiedProviders(for platform: String) -> [StoredProvider] {
        records { $0.hasSuffix("!\(platform).json") }.filter { !$0.isVerified }
    }

    /// What is in the store, for people: how many providers are verified, and the names of those that are not, sorted.
    package var inventory: (verified: Int, unverified: [String]) {
        let all = records { $0.hasSuffix(".json") }
        return (all.count { $0.isVerified }, all.filter { !$0.isVerified }.map(\.text).sorted())
    }

    /// Takes a provider into use: as long as the lock is held it stays.
    ///
    /// - Returns: Nil when it is gone, or is no longer what was verified; then it is removed.
    func use(_ provider: StoredProvider) throws(HostError) -> FileLock? {
        let usePath = usePath(provider)
        // Exclusively held only by someone who removes it.
        guard let lock = try FileLock.take(usePath, .shared), record(named: Self.name(provider.path) + ".json") == provider else {
            return nil
        }
        if isUnchanged(provider) {
            try FileSystem.touch(usePath)
            return lock
        }
        // Perhaps only moved or restored from a backup: what counts is the content.
        if (try? ProviderHash.h1(of: "\(folder)/\(provider.path)")) == provider.h1 {
            var renewed = provider
            renewed.files = try StoredProvider.files(in: "\(folder)/\(provider.path)")
            try write(renewed)
            return lock
        }
        try FileSystem.removeFile(recordPath(provider))
        return nil
    }

    // MARK: - Records

    private func records(where isWanted: (String) -> Bool) -> [StoredProvider] {
        // A store that can't be read holds nothing; `init` will say why.
        ((try? FileSystem.names(in: "\(folder)/.records")) ?? []).filter(isWanted).compactMap(record)
    }

    /// A folder's path as one file name.
    static func name(_ path: String) -> String { String(path.map { $0 == "/" ? "!" : $0 }) }

    func usePath(_ provider: StoredProvider) -> String { "\(folder)/.records/\(Self.name(provider.path)).use" }

    func recordPath(_ provider: StoredProvider) -> String { "\(folder)/.records/\(Self.name(provider.path)).json" }

    func write(_ provider: StoredProvider) throws(HostError) {
        try replace(recordPath(provider), with: provider.record, in: "\(folder)/.records")
    }

    /// Durable, and whole or not at all.
    func replace(_ path: String, with content: [UInt8], in parent: String) throws(HostError) {
        let temporary = "\(path).\(UUID().uuidString)"
        try FileSystem.write(content, to: temporary, durably: true)
        try FileSystem.rename(temporary, to: path)
        try FileSystem.sync(folder: parent)
    }

    func record(named name: String) -> StoredProvider? {
        // No record: not installed.
        guard let bytes = try? FileSystem.read("\(folder)/.records/\(name)", limit: 16 << 20), let provider = StoredProvider(record: bytes),
            Self.name(provider.path) + ".json" == name
        else { return nil }
        return provider
    }

    private func isUnchanged(_ provider: StoredProvider) -> Bool {
        (try? StoredProvider.files(in: "\(folder)/\(provider.path)")) == provider.files
    }
}

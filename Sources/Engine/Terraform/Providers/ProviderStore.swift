internal import FoundationEssentials
internal import Host
internal import Synchronization

/// The providers that runs share: installed once, verified, read-only.
///
/// ```
/// registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/   as in an unpacked mirror; nothing in it is writable
/// .records/registry.terraform.io!hashicorp!aws!5.100.0!linux_amd64.json   hashes and files, written last: without it, it isn't there
/// .records/….use    locked (shared) by every run that uses it; its time is that of the last use
/// .install          locked while something is installed or removed
/// .incoming/…       what an `init` downloads, before it is verified
/// ```
package final class ProviderStore: Sendable {
    package let folder: String
    package let byteLimit: Int
    let configuration: CLIConfiguration

    /// Opens the store, making the folder when it is missing.
    ///
    /// - Parameters:
    ///   - folder: `providers/` in the data folder.
    ///   - byteLimit: When more is in it, the least recently used that nobody uses are removed.
    ///   - mirror: A folder laid out as Terraform's mirrors are; what it holds comes from there, everything else from its registry.
    ///   - configurationFile: The user's `TF_CLI_CONFIG_FILE`; when that file exists, it wins over `mirror`.
    /// - Throws: ``TerraformError`` when the folder can't be made.
    package init(folder: String, byteLimit: Int = 20 << 30, mirror: String? = nil, configurationFile: String? = nil) throws(TerraformError)
    {
        try attempt { () throws(HostError) in
            for path in [folder, "\(folder)/.records", "\(folder)/.incoming"] { try FileSystem.makeFolder(path) }
        }
        self.folder = FileSystem.resolved(folder) ?? folder
        self.byteLimit = byteLimit
        configuration = try CLIConfiguration(configurationFile: configurationFile, mirror: mirror)
    }

    /// Everything that is installed for a platform, in no order.
    func providers(for platform: String) -> [StoredProvider] {
        // A store that can't be read holds nothing; `init` will say why.
        let names = (try? FileSystem.names(in: "\(folder)/.records")) ?? []
        return names.filter { $0.hasSuffix("!\(platform).json") }.compactMap(record)
    }

    func provider(_ address: ProviderAddress, _ version: TerraformVersion, _ platform: String) -> StoredProvider? {
        record(named: Self.name(StoredProvider.path(address, version, platform)) + ".json")
    }

    /// Takes a provider into use: as long as the lock is held it stays.
    ///
    /// - Returns: Nil when it is gone, or is no longer what was verified; then it is removed.
    func use(_ provider: StoredProvider) throws(HostError) -> FileLock? {
        let usePath = "\(folder)/.records/\(Self.name(provider.path)).use"
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

    /// A folder's path as one file name.
    static func name(_ path: String) -> String { String(path.map { $0 == "/" ? "!" : $0 }) }

    func recordPath(_ provider: StoredProvider) -> String { "\(folder)/.records/\(Self.name(provider.path)).json" }

    func write(_ provider: StoredProvider) throws(HostError) {
        let path = recordPath(provider)
        let temporary = "\(path).\(UUID().uuidString)"
        try FileSystem.write(provider.record, to: temporary, durably: true)
        try FileSystem.rename(temporary, to: path)
        try FileSystem.sync(folder: "\(folder)/.records")
    }

    private func record(named name: String) -> StoredProvider? {
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

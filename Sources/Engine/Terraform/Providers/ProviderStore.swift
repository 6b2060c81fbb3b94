/// The providers that runs share: installed once, verified, read-only.
package final class ProviderStore: Sendable {
    package let folder: String
    package let byteLimit: Int

    /// Opens the store, making the folder when it is missing.
    ///
    /// - Parameters:
    ///   - folder: `providers/` in the data folder.
    ///   - byteLimit: When more is in it, the least recently used that nobody uses are removed.
    ///   - mirror: A folder laid out as an unpacked or packed mirror, preferred to the registries for what it holds.
    ///   - configurationFile: The user's `TF_CLI_CONFIG_FILE`; it wins over `mirror`.
    package init(folder: String, byteLimit: Int = 20 << 30, mirror: String? = nil, configurationFile: String? = nil) throws(TerraformError) {
        self.folder = folder
        self.byteLimit = byteLimit
    }
}

internal import Host

/// The CLI configuration that runs are given: where providers come from.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/cli/config/config-file>
struct CLIConfiguration: Sendable, Hashable {
    let text: String
    /// Folders it names, which runs must be able to read.
    let folders: [String]
    /// It says itself where providers come from; else Terraform looks into its implied mirrors, `terraform.d/plugins` of the source among them.
    let hasInstallation: Bool

    /// The user's own file wins over a mirror; one that is missing is none.
    init(configurationFile: String?, mirror: String?) throws(TerraformError) {
        if let configurationFile, FileSystem.exists(configurationFile) {
            let bytes = try attempt { () throws(HostError) in try FileSystem.read(configurationFile, limit: 1 << 20) }
            self.init(copying: String(decoding: bytes, as: UTF8.self))
        } else if let mirror {
            self.init(mirror: FileSystem.resolved(mirror) ?? mirror)
        } else {
            self.init(text: "", folders: [])
        }
    }

    /// Takes over a user's configuration, without a plugin cache: init would write through its links into mirrors.
    init(copying original: String) {
        let text = original.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            !line.drop { $0 == " " || $0 == "\t" }.hasPrefix("plugin_cache_dir")
        }.joined(separator: "\n")
        let folders = HCLOutline(Array(original.utf8)).inside("provider_installation").compactMap { block -> String? in
            guard block.type == "filesystem_mirror", let path = block.attributes["path"]?.first?.text, path.hasPrefix("/") else {
                return nil
            }
            return path
        }
        self.init(text: text, folders: Array(folders))
    }

    private init(text: String, folders: [String]) {
        self.text = text
        self.folders = folders
        hasInstallation = Self.isJSON(text) || HCLOutline(Array(text.utf8)).blocks.contains { $0.type == "provider_installation" }
    }

    static func isJSON(_ text: String) -> Bool { text.first { !$0.isWhitespace } == "{" }

    /// As Terraform treats its own implied mirror folders: what a mirror holds comes from there only, everything else from the registry.
    private init(mirror: String) {
        let held = Self.list(Self.providers(in: mirror))
        let text = """
            provider_installation {
              filesystem_mirror {
                path    = "\(mirror)"
                include = [\(held)]
              }
              direct {
                exclude = [\(held)]
              }
            }

            """
        self.init(text: text, folders: [mirror])
    }

    /// As an attribute's value has it: `"a/b/c", "a/b/d"`.
    static func list(_ addresses: some Sequence<ProviderAddress>) -> String {
        addresses.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    }

    static func providers(in mirror: String) -> [ProviderAddress] {
        // What can't be listed holds nothing.
        func names(_ path: String) -> [String] { (try? FileSystem.names(in: path)) ?? [] }
        return names(mirror).flatMap { host in
            names("\(mirror)/\(host)").flatMap { namespace in
                names("\(mirror)/\(host)/\(namespace)").compactMap { ProviderAddress("\(host)/\(namespace)/\($0)") }
            }
        }
    }
}

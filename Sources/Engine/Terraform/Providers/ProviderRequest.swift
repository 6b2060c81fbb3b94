internal import Sealing

/// What the store is to be filled with: a provider, and which versions will do.
struct ProviderRequest: Sendable, Hashable {
    let address: ProviderAddress
    let constraints: [VersionConstraint]

    init(_ address: ProviderAddress, _ constraints: [VersionConstraint]) {
        self.address = address
        self.constraints = constraints
    }

    init(_ address: ProviderAddress, exactly version: TerraformVersion) { self.init(address, [VersionConstraint(exactly: version)]) }

    func isSatisfied(by provider: StoredProvider) -> Bool {
        provider.address == address && constraints.allSatisfy { $0.allows(provider.version) }
            // Without a constraint `init` takes no pre-release either.
            && (provider.version.prerelease == nil || !constraints.isEmpty)
    }

    /// A configuration that asks for this and nothing else.
    var configuration: String {
        let versions = constraints.map(\.description).filter { !$0.isEmpty }.joined(separator: ", ")
        let version = versions.isEmpty ? "" : "      version = \"\(versions)\"\n"
        return """
            terraform {
              required_providers {
                it = {
                  source  = "\(address)"
            \(version)    }
              }
            }

            """
    }

    /// A file name for it.
    var name: String { SHA256.hex(Array(configuration.utf8)) }
}

/// A provider's name: `registry.terraform.io/hashicorp/aws`.
package struct ProviderAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let host: String
    package let namespace: String
    package let type: String

    package var description: String { "\(host)/\(namespace)/\(type)" }

    /// Built into the program itself: never downloaded, never locked.
    var isBuiltin: Bool { host == "terraform.io" && namespace == "builtin" }

    package init(host: String, namespace: String, type: String) {
        self.host = host
        self.namespace = namespace
        self.type = type
    }

    /// Reads `host/namespace/type`; nil for anything that would not do as three folder names.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts.allSatisfy(Self.isPart) else { return nil }
        self.init(host: parts[0], namespace: parts[1], type: parts[2])
    }

    /// Reads what stands in `required_providers`: `aws`, `hashicorp/aws` or all three.
    init?(source: String, flavor: TerraformProgram.Flavor) {
        let registry = flavor == .terraform ? "registry.terraform.io" : "registry.opentofu.org"
        switch source.split(separator: "/", omittingEmptySubsequences: false).count {
        case 1: self.init("\(registry)/hashicorp/\(source.lowercased())")
        case 2: self.init("\(registry)/\(source.lowercased())")
        default: self.init(source.lowercased())
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    private static func isPart(_ part: String) -> Bool {
        !part.isEmpty && !part.hasPrefix(".")
            && part.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.:".unicodeScalars.contains($0)
            }
    }
}

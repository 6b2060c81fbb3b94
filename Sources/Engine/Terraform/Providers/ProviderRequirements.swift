/// Which providers the files of a configuration seem to need, and in which versions.
package struct ProviderRequirements: Sendable, Hashable {
    /// Local names of one folder's providers count for all: good enough to choose from the store.
    private var sources: [String: String] = [:]
    private var constraints: [String: [VersionConstraint]] = [:]
    private var localNames: Set<String> = []

    init() {}

    /// Adds what one file declares.
    mutating func add(_ outline: HCLOutline) {
        for type in ["resource", "data", "ephemeral"] {
            for block in outline.top(type) {
                // `provider = google-beta` names another than the type's prefix does.
                if case .word(let name)? = block.attributes["provider"]?.first { localNames.insert(name) }
                if let name = block.label?.prefix(while: { $0 != "_" }) { localNames.insert(String(name)) }
            }
        }
        for block in outline.top("provider") { if let name = block.label { localNames.insert(name) } }
        for block in outline.inside("terraform") where block.type == "required_providers" {
            for (name, value) in block.attributes { addRequired(name, value) }
        }
    }

    /// The addresses, with what restricts their versions.
    func addresses(for flavor: TerraformProgram.Flavor) -> [ProviderAddress: [VersionConstraint]] {
        var result: [ProviderAddress: [VersionConstraint]] = [:]
        for name in localNames where name != "terraform" {
            guard let address = ProviderAddress(source: sources[name] ?? name, flavor: flavor), !address.isBuiltin else { continue }
            result[address, default: []] += constraints[name] ?? []
        }
        return result
    }

    /// `aws = { source = "hashicorp/aws", version = "~> 5.0" }`, or in the old way `aws = "~> 5.0"`.
    private mutating func addRequired(_ name: String, _ value: [HCLTokens.Token]) {
        localNames.insert(name)
        if case .string(let text)? = value.first, let constraint = VersionConstraint(text) {
            constraints[name, default: []].append(constraint)
        }
        for index in value.indices.dropFirst(2) {
            guard case .string(let text) = value[index], value[index - 1] == .equals || value[index - 1] == .other else { continue }
            switch value[index - 2] {
            case .word("source"): sources[name] = text
            case .word("version"): if let constraint = VersionConstraint(text) { constraints[name, default: []].append(constraint) }
            default: continue
            }
        }
    }
}

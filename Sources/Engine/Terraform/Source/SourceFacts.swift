/// What a configuration's files tell before Terraform reads them.
package struct SourceFacts: Sendable, Hashable {
    /// Declared variables, with whether their values are written in Terraform's syntax (lists, maps, objects) and not as plain text.
    package private(set) var variables: [String: Bool] = [:]
    /// Whose values are to be masked.
    package private(set) var sensitiveVariables: Set<String> = []
    /// What its outputs show on purpose.
    package private(set) var disclosures = Disclosures()
    /// There are `module` blocks.
    package private(set) var hasModules = false
    /// `s3`, `cloud`, …: where the configuration says its state is kept; Slipway keeps it instead.
    package private(set) var ownBackend: String?
    /// Its own `.terraform.lock.hcl`.
    package private(set) var lockFile: String?
    /// What the configuration and the local modules that it calls seem to need: wrong only towards too much or too little, never fatal.
    package private(set) var providers = ProviderRequirements()
    /// Providers that the source brings along, where Terraform looks for them unless its configuration says otherwise.
    ///
    /// - SeeAlso: <https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories>
    private(set) var bundledProviders: Set<ProviderAddress> = []
    /// Something of that place is a link: what it leads to is not known here.
    private(set) var bundlesByLink = false
    /// Sentences for the person who deploys.
    package private(set) var warnings: [String] = []

    /// Looks through a source.
    ///
    /// - Parameter source: The files.
    /// - Throws: ``TerraformError`` when a file fights the override that keeps the state here, or takes its name.
    package init(of source: SourceFiles) throws(TerraformError) {
        for (name, content) in source.rootFiles {
            guard !BackendOverride.isReserved(name) else { throw TerraformError(.reservedName(path: name)) }
            let backend = name.hasSuffix(".json") ? readJSON(content) : readNative(content)
            guard let backend else { continue }
            guard !BackendOverride.isBeaten(by: name) else { throw TerraformError(.fightingOverride(path: name)) }
            ownBackend = backend
        }
        providers = ProviderRequirements(of: source)
        bundledProviders = Set(source.entries.compactMap { Self.bundledProvider($0.path) })
        bundlesByLink = source.entries.contains { entry in
            if case .link = entry.content { entry.path.hasPrefix("terraform.d") } else { false }
        }
        lockFile = source[".terraform.lock.hcl"].map { String(decoding: $0, as: UTF8.self) }
        if let ownBackend {
            let block = ownBackend == "cloud" ? "a cloud block" : "a backend of its own (\(ownBackend))"
            warnings.append(
                "the configuration has \(block): Slipway keeps the state itself and passes it over; resources recorded there are not known here"
            )
        }
        for path in source.ignoredStates.prefix(3) {
            warnings.append("\(path) is left out: Slipway keeps the state itself, and resources recorded in that file are not known here")
        }
    }

    // MARK: - Details

    static let bundleFolder = "terraform.d/plugins"

    /// Of `terraform.d/plugins/example.com/acme/other/…`, packed or unpacked.
    private static func bundledProvider(_ path: String) -> ProviderAddress? {
        guard path.hasPrefix("\(bundleFolder)/") else { return nil }
        let parts = path.dropFirst(bundleFolder.count + 1).split(separator: "/")
        return parts.count > 3 ? ProviderAddress(parts.prefix(3).joined(separator: "/")) : nil
    }

    /// Reads a `.tf` file; gives the kind of its backend.
    private mutating func readNative(_ content: [UInt8]) -> String? {
        let outline = HCLOutline(content)
        if !outline.top("module").isEmpty { hasModules = true }
        disclosures.add(outline)
        for block in outline.top("variable") {
            guard let name = block.label else { continue }
            let type = block.attributes["type"]?.first?.text
            // Terraform: a variable without a type takes text, `any` takes syntax.
            variables[name] = type.map { !["string", "number", "bool"].contains($0) } ?? false
            if block.attributes["sensitive"]?.first == .word("true") { sensitiveVariables.insert(name) }
        }
        for block in outline.inside("terraform") {
            if block.type == "cloud" { return "cloud" }
            if block.type == "backend" { return block.label ?? "" }
        }
        return nil
    }

    /// Reads a `.tf.json` file, where a block may be an object or an array of them.
    private mutating func readJSON(_ content: [UInt8]) -> String? {
        guard let json = JSONValue(parsing: content) else { return nil }
        if !Self.blocks(json["module"]).isEmpty { hasModules = true }
        for block in Self.blocks(json["variable"]) {
            for variable in block.members ?? [] {
                let type = variable.value["type"]?.string
                variables[variable.name] = type.map { !["string", "number", "bool"].contains($0) } ?? false
                if variable.value["sensitive"]?.bool == true || variable.value["sensitive"]?.string == "true" {
                    sensitiveVariables.insert(variable.name)
                }
            }
        }
        for output in Self.blocks(json["output"]).flatMap({ $0.members ?? [] }) {
            for block in Self.blocks(output.value) { if let value = block["value"] { disclosures.add(output: output.name, value) } }
        }
        for local in Self.blocks(json["locals"]).flatMap({ $0.members ?? [] }) { disclosures.add(local: local.name, local.value) }
        for block in Self.blocks(json["terraform"]) {
            if block["cloud"] != nil { return "cloud" }
            if let backend = Self.blocks(block["backend"]).first?.members?.first?.name { return backend }
        }
        return nil
    }

    private static func blocks(_ json: JSONValue?) -> [JSONValue] {
        switch json {
        case .array(let values): values
        case .object(let members) where !members.isEmpty: json.map { [$0] } ?? []
        default: []
        }
    }
}

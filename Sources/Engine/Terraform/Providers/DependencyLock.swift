/// The content of a `.terraform.lock.hcl`.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/files/dependency-lock>
struct DependencyLock: Sendable, Hashable {
    struct Selection: Sendable, Hashable {
        var address: ProviderAddress
        var version: TerraformVersion
        /// `h1:…` and `zh:…`; empty in a lock that Terraform takes without checking.
        var hashes: [String] = []
        var constraints: String?
    }

    var selections: [Selection]

    init(_ selections: [Selection]) { self.selections = selections.sorted { $0.address < $1.address } }

    /// Reads a lock file; nil when an entry makes no sense.
    init?(_ text: String) {
        var selections: [Selection] = []
        for block in HCLOutline(Array(text.utf8)).top("provider") {
            guard let address = block.label.flatMap(ProviderAddress.init), let number = block.attributes["version"]?.first?.text,
                let version = TerraformVersion(number)
            else { return nil }
            let hashes = (block.attributes["hashes"] ?? []).compactMap(\.text)
            selections.append(
                Selection(address: address, version: version, hashes: hashes, constraints: block.attributes["constraints"]?.first?.text)
            )
        }
        self.init(selections)
    }

    /// Without hashes, so that Terraform doesn't read whole providers to check them: sound only for what was checked before and can't
    /// be written by the run.
    var hashless: DependencyLock {
        DependencyLock(selections.map { Selection(address: $0.address, version: $0.version, constraints: $0.constraints) })
    }

    /// As Terraform writes it.
    var text: String {
        var text = "# This file is maintained automatically by \"terraform init\".\n# Manual edits may be lost in future updates.\n"
        for selection in selections {
            text += "\nprovider \"\(selection.address)\" {\n"
            if let constraints = selection.constraints {
                text += "  version     = \"\(selection.version)\"\n  constraints = \"\(constraints)\"\n"
            } else {
                text += "  version = \"\(selection.version)\"\n"
            }
            if !selection.hashes.isEmpty {
                text += "  hashes = [\n" + selection.hashes.sorted().map { "    \"\($0)\",\n" }.joined() + "  ]\n"
            }
            text += "}\n"
        }
        return text
    }
}

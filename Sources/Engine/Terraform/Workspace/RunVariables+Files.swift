extension RunVariables {
    /// The files that give Terraform these variables, in the order in which they count.
    ///
    /// Values go into files and not on the command line, which every process of the machine can read; and not into `TF_VAR_…`, which a
    /// `terraform.tfvars` in the source would beat.
    ///
    /// - Parameter facts: Which variables there are, and which take Terraform's syntax.
    /// - Returns: Their names and contents.
    /// - Throws: ``TerraformError`` for a name that is none, or that nothing declares.
    func written(for facts: SourceFacts) throws(TerraformError) -> [File] {
        var written = files.enumerated().map { index, file in
            File(name: "variables-\(index).tfvars" + (file.name.hasSuffix(".json") ? ".json" : ""), content: file.content)
        }
        var plain: [JSONValue.Member] = []
        var syntax = ""
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard Self.isName(name) else { throw TerraformError(.invalidVariableName(name)) }
            guard let takesSyntax = facts.variables[name] else {
                throw TerraformError(.undeclaredVariable(name, declared: Array(facts.variables.keys)))
            }
            if takesSyntax {
                // Brackets: so that a value may span lines, as it may in `-var`.
                syntax += "\(name) = (\n\(value)\n)\n"
            } else {
                plain.append(JSONValue.Member(name: name, value: .string(value)))
            }
        }
        if !plain.isEmpty { written.append(File(name: "variables-plain.tfvars.json", content: Array(JSONValue.object(plain).text.utf8))) }
        if !syntax.isEmpty { written.append(File(name: "variables-syntax.tfvars", content: Array(syntax.utf8))) }
        return written
    }

    /// A line of a run whose diagnostic names what the person gave, variable files (in order) and `--var`, in place of what
    /// ``written(for:)`` made of them.
    package static func naming(_ names: [String], in line: TerraformLine) -> TerraformLine {
        guard case .diagnostic(var diagnostic) = line.event else { return line }
        func named(_ text: String) -> String {
            guard text.contains("../variables-") else { return text }
            var text = text
            for (index, name) in names.enumerated() {
                text.replace("../variables-\(index).tfvars" + (name.hasSuffix(".json") ? ".json" : ""), with: name)
            }
            text.replace("../variables-plain.tfvars.json", with: "--var")
            text.replace("../variables-syntax.tfvars", with: "--var")
            return text
        }
        if let file = diagnostic.file, file.hasPrefix("../variables-") {
            diagnostic.file = named(file)
            // The lines of what was made of the options are nobody's.
            if diagnostic.file == "--var" { (diagnostic.line, diagnostic.column, diagnostic.code) = (nil, nil, nil) }
        }
        diagnostic.detail = named(diagnostic.detail)
        var line = line
        line.event = .diagnostic(diagnostic)
        line.message = named(line.message)
        return line
    }

    /// - SeeAlso: <https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers>
    private static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return name.unicodeScalars.allSatisfy { $0 == "_" || $0 == "-" || $0.properties.isXIDContinue }
    }
}

/// What can be told of a configuration without evaluating it: declared variables, providers and resource types of one folder.
///
/// Not a parser of HCL: it reads block headers at the top level and simple attributes of `variable` blocks, and skips everything else.
/// Nothing that is right or wrong depends on it; it serves early errors, masking and tags.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/syntax/configuration>
package struct ConfigurationScan: Sendable, Equatable {
    /// A declared input variable.
    package struct Variable: Sendable, Equatable {
        package var isSensitive = false
        package var hasDefault = false

        package init(isSensitive: Bool = false, hasDefault: Bool = false) {
            self.isSensitive = isSensitive
            self.hasDefault = hasDefault
        }
    }

    /// Declared variables by name.
    package private(set) var variables: [String: Variable] = [:]
    /// `aws` of `resource "aws_instance"` and `provider "aws"`, in order of first mention.
    package private(set) var providers: [String] = []
    /// There are files in Terraform's JSON syntax, which are not scanned: what is missing here may be declared there.
    package private(set) var hasJSON = false

    /// Scans the files of the root module.
    ///
    /// - Parameter files: File names without folders, with their contents.
    package init(rootFiles files: [(name: String, content: [UInt8])]) {
        for (name, content) in files {
            if name.hasSuffix(".tf.json") { hasJSON = true }
            guard name.hasSuffix(".tf") else { continue }
            scan(HCLTokens(content))
        }
    }

    /// The names of variables that are declared `sensitive`, in lower case.
    package var sensitiveVariables: Set<String> { Set(variables.filter(\.value.isSensitive).map { $0.key.lowercased() }) }

    // MARK: - Details

    private mutating func scan(_ tokens: HCLTokens) {
        var tokens = tokens
        var header: [HCLTokens.Token] = []
        var block: [HCLTokens.Token] = []
        var depth = 0
        var attribute: String?
        while let token = tokens.next() {
            switch token {
            case .open:
                depth += 1
                if depth == 1 {
                    block = header
                    note(block)
                }
                header = []
            case .close:
                depth = max(0, depth - 1)
                header = []
            case .newline:
                header = []
            case .equals where depth == 1:
                if case .word(let name)? = header.last { attribute = name }
                if attribute == "default", let name = Self.variableName(block) { variables[name]?.hasDefault = true }
            case .word(let value) where depth == 1 && attribute == "sensitive":
                if value == "true", let name = Self.variableName(block) { variables[name]?.isSensitive = true }
                attribute = nil
            case .word, .string:
                attribute = nil
                header.append(token)
            case .equals, .other, .dot, .left, .right:
                attribute = nil
            }
        }
    }

    private static func variableName(_ block: [HCLTokens.Token]) -> String? {
        guard block.count == 2, block[0] == .word("variable"), case .string(let name) = block[1] else { return nil }
        return name
    }

    private mutating func note(_ block: [HCLTokens.Token]) {
        if let name = Self.variableName(block) {
            variables[name] = variables[name] ?? Variable()
        } else if block.count >= 2, case .string(let label) = block[1] {
            switch block[0] {
            case .word("provider"): addProvider(label)
            case .word("resource"), .word("data"): addProvider(String(label.prefix { $0 != "_" }))
            default: break
            }
        }
    }

    private mutating func addProvider(_ name: String) {
        if name != "terraform", !providers.contains(name) { providers.append(name) }
    }
}

internal import Events
internal import Log
internal import StateVault
internal import Terraform

/// The values that a run must not show: credentials, sensitive variables, variables whose names look secret, and sensitive outputs.
///
/// An output that holds one of them is treated as a sensitive one, although Terraform doesn't know it as such, unless the configuration shows it
/// on purpose ([decision 0016](../../../docs/decisions/0016-outputs-that-hold-a-secret.md)).
struct RunSecrets: Sendable {
    /// Masks every one of them, for lines and addresses.
    let redactor: Redactor
    private let inputs: RunInputs
    private let declared: Set<String>
    private let sourceFiles: [RunInputs.VariableFile]
    private let sensitiveOutputs: [String]
    private let credentials: [String]
    private let disclosures: Disclosures?
    /// Outputs that stay hidden whatever they hold.
    private let hidden: Set<String>

    /// Gathers what is known.
    ///
    /// - Parameters:
    ///   - inputs: Variables and credentials of the run.
    ///   - source: Its own variable files count, too.
    ///   - facts: Which variables it declares `sensitive`, and what it shows on purpose; nil when its files were not looked through.
    ///   - outputs: Those of the state from before.
    ///   - credentials: Other values that are secret.
    ///   - hidden: Names of outputs that stay hidden.
    init(
        inputs: RunInputs,
        source: SourceFiles?,
        facts: SourceFacts?,
        outputs: [StateOutput] = [],
        credentials: [String] = [],
        hidden: Set<String> = []
    ) {
        self.inputs = inputs
        self.credentials = credentials
        self.hidden = hidden
        declared = Set((facts?.sensitiveVariables ?? []).map { $0.lowercased() })
        sourceFiles = (source?.entries ?? []).compactMap { entry in
            guard !entry.path.contains("/"), entry.path.hasSuffix(".tfvars") || entry.path.hasSuffix(".tfvars.json"),
                case .file(let content, _) = entry.content
            else { return nil }
            return RunInputs.VariableFile(name: entry.path, content: content)
        }
        sensitiveOutputs = outputs.filter(\.isSensitive).compactMap { OutputJSON.string($0.value) }
        disclosures = facts?.disclosures
        redactor = Redactor(
            secrets: inputs.secrets(sensitiveVariables: declared, sourceFiles: sourceFiles) + sensitiveOutputs + credentials
        )
    }

    /// The outputs, those that hold a secret marked as sensitive.
    ///
    /// - Parameter outputs: With all values.
    /// - Returns: The same ones; a secret that stands in a type, as the name of an attribute, is masked there.
    func guarded(_ outputs: [String: OutputValue]) -> [String: OutputValue] {
        var effort = Disclosures.effort
        return outputs.sorted { $0.key < $1.key }.reduce(into: [:]) { result, output in
            var value = output.value
            if !value.sensitive, hidden.contains(output.key) || Self.holdsSecret(value, redactor) {
                let shown = hidden.contains(output.key) ? nil : disclosing(output.key, &effort)
                value.sensitive = shown.map { Self.holdsSecret(value, $0) } ?? true
            }
            if value.sensitive { value.type = redactor.redacted(value.type) }
            result[output.key] = value
        }
    }

    // MARK: - Details

    /// Without what the configuration shows in that output on purpose; nil: it shows nothing.
    private func disclosing(_ output: String, _ effort: inout Int) -> Redactor? {
        guard let disclosure = disclosures?.disclosure(of: output, effort: &effort) else { return nil }
        let all = inputs.secrets(sensitiveVariables: declared, sourceFiles: sourceFiles)
        let kept = inputs.secrets(sensitiveVariables: declared, sourceFiles: sourceFiles, disclosed: disclosure.variables)
        let shown = Set(all).subtracting(kept)
        // What a resource's attribute held is known as another output's value only, and so may be what is shown here.
        let others = disclosure.hasOther ? [] : sensitiveOutputs.filter { !shown.contains($0) }
        return Redactor(secrets: kept + others + credentials)
    }

    /// Whether a secret stands in the type, or in the value: in one of its texts or numbers, or across them.
    private static func holdsSecret(_ output: OutputValue, _ redactor: Redactor) -> Bool {
        guard !redactor.isEmpty else { return false }
        let json = output.value ?? ""
        return redactor.finds(in: output.type) || redactor.finds(in: json)
            || JSONValue(parsing: Array(json.utf8)).map { holdsSecret($0, redactor) } ?? false
    }

    private static func holdsSecret(_ value: JSONValue, _ redactor: Redactor) -> Bool {
        switch value {
        case .string(let text): redactor.finds(in: text)
        case .array(let values): values.contains { holdsSecret($0, redactor) }
        case .object(let members): members.contains { redactor.finds(in: $0.name) || holdsSecret($0.value, redactor) }
        case .null, .bool, .number: false
        }
    }
}

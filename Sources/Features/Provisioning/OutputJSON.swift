internal import Events
internal import FoundationEssentials
internal import StateVault

/// Output values as JSON text.
enum OutputJSON {
    /// The text of a JSON string; nil for any other value.
    static func string(_ json: String) -> String? {
        // Anything that is no string is no secret that a line could show as it is.
        try? JSONDecoder().decode(String.self, from: Data(json.utf8))
    }

    /// The outputs of a state, with their values.
    static func outputs(of state: StateDocument) -> [String: OutputValue] {
        Dictionary(
            state.outputs.map { ($0.name, OutputValue(type: $0.type, value: $0.value, sensitive: $0.isSensitive)) },
            uniquingKeysWith: { _, last in last }
        )
    }

    /// The same without the values of sensitive ones.
    static func hidden(_ outputs: [String: OutputValue]) -> [String: OutputValue] {
        outputs.mapValues { $0.sensitive ? OutputValue(type: $0.type, value: nil, sensitive: true) : $0 }
    }
}

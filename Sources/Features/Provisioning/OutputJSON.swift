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

    /// JSON without the white space between its tokens; numbers keep their spelling and objects their order.
    static func compact(_ json: String) -> String {
        var result: [UInt8] = []
        var isInString = false
        var isEscaped = false
        for byte in json.utf8 {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t")].contains(byte) {
                continue
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The outputs of a state, with their values.
    static func outputs(of state: StateDocument) -> [String: OutputValue] {
        Dictionary(
            state.outputs.map { ($0.name, OutputValue(type: compact($0.type), value: compact($0.value), sensitive: $0.isSensitive)) },
            uniquingKeysWith: { _, last in last }
        )
    }

    /// The same without the values of sensitive ones.
    static func hidden(_ outputs: [String: OutputValue]) -> [String: OutputValue] {
        outputs.mapValues { $0.sensitive ? OutputValue(type: $0.type, value: nil, sensitive: true) : $0 }
    }
}

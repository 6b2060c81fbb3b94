import Events
import FoundationEssentials

/// Outputs as text: their values are JSON already.
enum OutputText {
    /// A string without its quotes, for a shell; anything else as JSON.
    static func bare(_ json: String) -> String {
        // What is no JSON string is shown as it is.
        (try? JSONDecoder().decode(String.self, from: Data(json.utf8))) ?? json
    }

    /// `{"name":{"sensitive":false,"type":"string","value":"x"},…}`, as `terraform output -json` prints it; a hidden value is null.
    static func document(_ outputs: [String: OutputValue]) -> String {
        let members = outputs.sorted { $0.key < $1.key }.map { name, output in
            "\(quoted(name)):{\"sensitive\":\(output.sensitive),\"type\":\(output.type),\"value\":\(output.value ?? "null")}"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        // A string always encodes.
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

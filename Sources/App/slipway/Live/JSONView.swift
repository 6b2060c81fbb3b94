internal import API
internal import Domain
internal import Events
import FoundationEssentials

/// The events of a job as JSON, one object a line; `docs/json-output.md` is the register.
struct JSONView: Sendable {
    let job: JobID

    /// `{"type":"stage","job":"deploy-…","at":"2026-01-31T12:00:00.000Z","data":{…}}` without a line end.
    ///
    /// - Throws: What `JSONEncoder` throws for a number that JSON can't hold.
    func line(for event: JobEvent, at: Date) throws -> String {
        let head =
            "{\"type\":\(Self.quoted(event.name.rawValue)),\"job\":\(Self.quoted(job.rawValue)),\"at\":\(Self.quoted(Self.timestamp(at)))"
        return head + ",\"data\":\(try event.encodedPayload())}"
    }

    /// A moment as every JSON of the program has it: UTC, to the millisecond.
    static func timestamp(_ date: Date) -> String { Timestamp.text(date) }

    /// Any value as one JSON document, keys sorted; for commands that print one.
    static func document(_ value: some Encodable) throws -> String { try JSONDocument.pretty(value) }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{00}"..."\u{1F}": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

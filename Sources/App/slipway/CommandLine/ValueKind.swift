import Domain
import Log

/// What a value on the command line has to look like; checked by the parser, so that a command never sees a bad one.
enum ValueKind: Sendable, Equatable {
    case text
    /// A project, organization or credential: 1 to 64 of letters, digits, `.`, `_` and `-`, first a letter or digit.
    case name
    case file
    case folder
    /// A folder or a file.
    case path
    /// `30m`, `1h30m`, `90s`; more than nothing.
    case duration
    case integer(ClosedRange<Int>)
    /// What one run may take, in the limit's own unit.
    case limit(RunLimit)
    /// `KEY=VALUE`; the value may be empty or hold more `=`.
    case assignment
    case choice([String])

    /// What is wrong with `text`, as the end of a sentence that begins with the option's name; nil when it is fine.
    func complaint(about text: String) -> String? {
        let shown = "'\(Harmless.line(text))'"
        switch self {
        case .text, .file, .folder, .path:
            return text.isEmpty ? "must not be empty" : nil
        case .name:
            return Self.isName(text)
                ? nil : "takes 1 to 64 letters, digits, '.', '_' or '-' and begins with a letter or digit, not \(shown)"
        case .duration:
            if let duration = DurationText.parse(text), duration > .zero { return nil }
            if Int(text) != nil { return "needs a unit, as in \(text)s or \(text)m, not \(shown)" }
            return "takes a duration such as 90s, 30m or 1h30m, not \(shown)"
        case .integer(let range):
            if let number = Int(text), range.contains(number) { return nil }
            let limits = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            return "takes a whole number \(limits), not \(shown)"
        case .limit(let limit):
            return limit.amount(text) == nil ? "takes \(limit.wanted), not \(shown)" : nil
        case .assignment:
            if let sign = text.firstIndex(of: "="), sign > text.startIndex { return nil }
            return "takes NAME=VALUE, not \(shown)"
        case .choice(let words):
            if words.contains(text) { return nil }
            let hint = Suggestion.nearest(to: text, in: words).map { ": did you mean \($0)?" } ?? ""
            return "is one of \(Suggestion.list(words, "or")), not \(shown)\(hint)"
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64, isLetterOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

/// Reads JSON; RFC 8259.
struct JSONParser {
    /// Deeper nesting is refused: it would only serve to exhaust the stack.
    private static let deepest = 200
    private let bytes: [UInt8]
    private var index = 0
    /// How many more values are taken.
    private var room: Int

    init(_ bytes: [UInt8], valuesAtMost limit: Int = .max) {
        self.bytes = bytes
        room = limit
    }

    /// The value, or nil when the bytes are not exactly one JSON value.
    mutating func parse() -> JSONValue? {
        skipBlanks()
        guard let value = value(depth: 0) else { return nil }
        skipBlanks()
        return index == bytes.count ? value : nil
    }

    // MARK: - Details

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 0x20 || (0x09...0x0D).contains(bytes[index]) { index += 1 }
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard index < bytes.count, depth < Self.deepest, room > 0 else { return nil }
        room -= 1
        switch bytes[index] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) -> JSONValue? {
        let text = "\(word)".utf8
        guard bytes[index...].starts(with: text) else { return nil }
        index += text.count
        return value
    }

    private mutating func number() -> JSONValue? {
        let start = index
        while index < bytes.count, Self.isOfNumber(bytes[index]) { index += 1 }
        guard index > start else { return nil }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        return Double(text) == nil ? nil : .number(text)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    }

    /// Goes on behind a comma or a closing bracket; nil when it is neither.
    private mutating func isAtEnd(_ closing: UInt8) -> Bool? {
        skipBlanks()
        guard index < bytes.count, bytes[index] == closing || bytes[index] == UInt8(ascii: ",") else { return nil }
        index += 1
        return bytes[index - 1] == closing
    }

    /// Steps over an opening bracket; true when the closing one follows at once.
    private mutating func opensEmpty(_ closing: UInt8) -> Bool {
        index += 1
        skipBlanks()
        guard index < bytes.count, bytes[index] == closing else { return false }
        index += 1
        return true
    }

    private mutating func array(depth: Int) -> JSONValue? {
        var values: [JSONValue] = []
        if opensEmpty(UInt8(ascii: "]")) { return .array([]) }
        while true {
            skipBlanks()
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
            guard let ends = isAtEnd(UInt8(ascii: "]")) else { return nil }
            if ends { return .array(values) }
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        var members: [JSONValue.Member] = []
        if opensEmpty(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), let name = string() else { return nil }
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return nil }
            index += 1
            skipBlanks()
            guard let value = value(depth: depth + 1) else { return nil }
            members.append(JSONValue.Member(name: name, value: value))
            guard let ends = isAtEnd(UInt8(ascii: "}")) else { return nil }
            if ends { return .object(members) }
        }
    }

    private mutating func string() -> String? {
        index += 1
        var text: [UInt8] = []
        var start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                text += bytes[start..<index]
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text += bytes[start..<index]
                index += 1
                guard let character = escaped() else { return nil }
                text += String(character).utf8
                start = index
            default: index += 1
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard index < bytes.count else { return nil }
        index += 1
        switch bytes[index - 1] {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "u"): return unicode()
        case let other where other == UInt8(ascii: "\"") || other == UInt8(ascii: "\\") || other == UInt8(ascii: "/"):
            return Unicode.Scalar(other)
        default: return nil
        }
    }

    /// `\uXXXX`, or two of them for what lies beyond; half a pair becomes �.
    private mutating func unicode() -> Unicode.Scalar? {
        guard let first = hexadecimal() else { return nil }
        if let scalar = Unicode.Scalar(first) { return scalar }
        let before = index
        guard (0xD800..<0xDC00).contains(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        index += 2
        guard let second = hexadecimal() else { return nil }
        guard (0xDC00..<0xE000).contains(second) else {
            index = before
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hexadecimal() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[index..<(index + 4)], as: UTF8.self)
        index += 4
        return digits.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit } ? UInt32(digits, radix: 16) : nil
    }
}

extension JSONValue {
    /// Reads exactly one JSON value; nil when the bytes are anything else.
    ///
    /// Invalid UTF-8 in strings becomes �.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - limit: More values are refused; each takes many times the memory of its text.
    package init?(parsing bytes: [UInt8], valuesAtMost limit: Int = .max) {
        var parser = JSONParser(bytes, valuesAtMost: limit)
        guard let value = parser.parse() else { return nil }
        self = value
    }

    /// Compact JSON, as read but for white space.
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += value
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

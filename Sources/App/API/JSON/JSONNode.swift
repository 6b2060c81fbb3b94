import FoundationEssentials

/// A JSON value on its way out, with its members in the order they are given.
indirect enum JSONNode: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    /// RFC 3339 in UTC, to the millisecond.
    case moment(Date)
    /// JSON already: what Terraform wrote.
    case raw([UInt8])
    case list([JSONNode])
    case object([(String, JSONNode)])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }

    /// The text, or null.
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ moment: Date?) { self = moment.map { .moment($0) } ?? .null }
    init(_ number: Int) { self = .integer(Int64(number)) }
    init(_ number: Int64) { self = .integer(number) }

    /// JSON that somebody else made.
    static func raw(_ text: String) -> JSONNode { .raw(Array(text.utf8)) }

    /// Any value, as the command's `--json` encodes it.
    ///
    /// - Throws: What `JSONEncoder` throws for a number that JSON can't hold.
    static func encoding(_ value: some Encodable) throws -> JSONNode { .raw(try JSONDocument.compact(value)) }

    /// The value as UTF-8.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += (value.isFinite ? String(value) : "null").utf8
        case .text(let value): Self.quote(value, to: &bytes)
        case .moment(let value):
            bytes.append(UInt8(ascii: "\""))
            bytes += Timestamp.text(value).utf8
            bytes.append(UInt8(ascii: "\""))
        case .raw(let value): bytes += value
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.quote(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.1.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func quote(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0..<0x20: bytes += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONNode {
    var string: String { String(decoding: bytes, as: UTF8.self) }
}

/// Any JSON value; numbers keep their spelling, objects their order.
package indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// As written: `1e400` and 20-digit integers pass through unharmed.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name, nil when this is no object or has none.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// A number, rounded; nil for one beyond ±2^53, which no line, count or limit is, and with which sums could overflow.
    package var int: Int? {
        double.flatMap { abs($0) <= Double(1 << 53) ? Int(exactly: $0.rounded()) : nil }
    }
    package var double: Double? { if case .number(let value) = self { Double(value) } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var members: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// Every string in it, names of members included, put through `change`.
    func mapStrings(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .null, .bool, .number: self
        case .string(let value): .string(change(value))
        case .array(let values): .array(values.map { $0.mapStrings(change) })
        case .object(let members): .object(members.map { Member(name: change($0.name), value: $0.value.mapStrings(change)) })
        }
    }
}

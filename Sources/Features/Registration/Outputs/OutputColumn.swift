internal import Terraform

/// One fact about several machines, as an output gives it.
enum OutputColumn: Sendable {
    case none
    /// The same for all, or of the only one.
    case one(JSONValue)
    /// In the machines' order.
    case list([JSONValue])
    /// By the machine's key, address or id.
    case map([JSONValue.Member])

    init(_ value: JSONValue?) {
        switch value {
        case nil, .null: self = .none
        case .array(let items):
            // What a splat over modules gives: [["203.0.113.7"], ["203.0.113.8"]].
            let isNested = !items.isEmpty && items.allSatisfy { $0.array?.count == 1 }
            self = .list(isNested ? items.compactMap { $0.array?.first } : items)
        // Every machine is looked for in all of it: a larger one is about something else.
        case .object(let members): self = members.count <= 10 * OutputReader.limit ? .map(members) : .none
        case let value?: self = .one(value)
        }
    }

    /// A machine, as far as it is known when its facts are looked for.
    struct Row {
        let index: Int
        let count: Int
        /// Its key, where the addresses are a map.
        let key: String?
        /// By what else a map may name it.
        var aliases: [String]
    }

    /// Why a column doesn't fit.
    struct Mismatch: Error {
        let count: Int
    }

    /// The value for one machine.
    ///
    /// - Parameters:
    ///   - row: Which machine.
    ///   - isShared: Whether a single value is everybody's.
    ///   - takesAll: Whether a list belongs to the machine when there is only one.
    /// - Returns: Nil when the column says nothing about it.
    /// - Throws: ``Mismatch`` for a list of another length.
    func value(for row: Row, isShared: Bool, takesAll: Bool = false) throws(Mismatch) -> JSONValue? {
        switch self {
        case .none: return nil
        case .one(let value): return isShared || row.count == 1 ? value : nil
        case .list(let items):
            if takesAll, row.count == 1 { return .array(items) }
            if items.count == row.count { return items[row.index] }
            if isShared, items.count == 1 { return items[0] }
            throw Mismatch(count: items.count)
        case .map(let members):
            for name in (row.key.map { [$0] } ?? []) + row.aliases {
                if let member = members.first(where: { $0.name == name }) { return member.value }
            }
            return nil
        }
    }
}

extension JSONValue {
    /// A text or a whole number as text, without white space around it; nil for anything else, and for what is empty.
    var plainText: String? {
        switch self {
        case .string(let text):
            let trimmed = text.trimmed
            return trimmed.isEmpty ? nil : trimmed
        case .number(let text): return Int64(text) == nil ? nil : text
        default: return nil
        }
    }

    /// All texts in it, at any depth.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let items): items.flatMap(\.texts)
        case .object(let members): members.flatMap(\.value.texts)
        default: []
        }
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

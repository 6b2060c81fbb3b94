import Log
import Terraform

/// The members of a request's JSON object, taken one by one; what nobody takes is refused.
struct Fields: Sendable {
    private let members: [String: JSONValue]
    private var known: [String] = []

    /// - Throws: ``Problem`` for anything but one JSON object whose names are all different.
    init(_ value: JSONValue) throws {
        guard let list = value.members else { throw Problem.invalid("The body must be a JSON object.") }
        members = Dictionary(list.map { ($0.name, $0.value) }) { first, _ in first }
        guard members.count == list.count else {
            var seen: Set<String> = []
            let twice = list.first { !seen.insert($0.name).inserted }?.name ?? ""
            throw Problem.invalid("'\(twice.brief)' is given twice; give it once.")
        }
    }

    /// A text that must be there.
    mutating func text(_ name: String, upTo limit: Int = 1000) throws -> String {
        guard let text = try optionalText(name, upTo: limit) else { throw Problem.invalid("'\(name)' is missing; it must be a text.") }
        return text
    }

    /// A text, or nil when it is absent or null.
    mutating func optionalText(_ name: String, upTo limit: Int = 1000) throws -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.string else { throw Self.wrong(name, "a text", value) }
        try Self.check(text, name, limit)
        return text
    }

    mutating func optionalFlag(_ name: String) throws -> Bool? {
        guard let value = take(name) else { return nil }
        guard let flag = value.bool else { throw Self.wrong(name, "true or false", value) }
        return flag
    }

    mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = take(name) else { return nil }
        guard let number = value.wholeNumber, range.contains(number) else {
            throw Self.wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return number
    }

    /// A number that may have a fraction.
    mutating func optionalNumber(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = take(name) else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw Self.wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return number
    }

    mutating func optionalTexts(_ name: String, atMost count: Int = 100) throws -> [String]? {
        guard let value = take(name) else { return nil }
        guard let values = value.array, values.count <= count else { throw Self.wrong(name, "a list of at most \(count) texts", value) }
        return try values.map { item in
            guard let text = item.string else { throw Self.wrong(name, "a list of texts", value) }
            try Self.check(text, name, 1000)
            return text
        }
    }

    /// An object of texts.
    mutating func optionalDictionary(_ name: String, upTo limit: Int = 1 << 20) throws -> [String: String]? {
        guard let value = take(name) else { return nil }
        guard let members = value.members else { throw Self.wrong(name, "an object of texts", value) }
        var result: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else {
                throw Problem.invalid("'\(name)': the value of '\(member.name.brief)' must be a text.")
            }
            try Self.check(text, "\(name).\(member.name.brief)", limit)
            guard result.updateValue(text, forKey: member.name) == nil else {
                throw Problem.invalid("'\(name)' names '\(member.name.brief)' twice; give it once.")
            }
        }
        return result
    }

    /// Whether it is there, null included.
    func has(_ name: String) -> Bool { members[name] != nil }

    /// Any value that is there and not null.
    mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    /// All that were asked for were all there are.
    ///
    /// - Throws: ``Problem`` naming a field that nobody knows.
    func end() throws {
        guard let stranger = members.keys.filter({ !known.contains($0) }).min() else { return }
        throw Problem.invalid("'\(stranger.brief)' is no field of this request; it takes \(known.joined(separator: ", ")).")
    }

    // MARK: - Details

    private static func check(_ text: String, _ name: String, _ limit: Int) throws {
        guard text.utf8.count <= limit else { throw Problem.invalid("'\(name)' is longer than \(limit) bytes.") }
        guard !text.utf8.contains(0) else { throw Problem.invalid("'\(name)' holds the character NUL; remove it.") }
    }

    static func wrong(_ name: String, _ wanted: String, _ value: JSONValue) -> Problem {
        let found =
            switch value {
            case .null: "null"
            case .bool: "true or false"
            case .number(let text): "the number \(text.brief)"
            case .string: "a text"
            case .array: "a list"
            case .object: "an object"
            }
        return Problem.invalid("'\(name)' must be \(wanted), not \(found).")
    }
}

extension JSONValue {
    /// A number without a fraction, however it is written.
    fileprivate var wholeNumber: Int? {
        guard let double, double == double.rounded(), abs(double) < 1e15 else { return nil }
        return Int(exactly: double)
    }
}

extension String {
    /// The text as a sentence can quote it: short, on one line.
    var brief: String {
        let visible = Harmless.line(self)
        return visible.count > 80 ? visible.prefix(79) + "…" : visible
    }
}

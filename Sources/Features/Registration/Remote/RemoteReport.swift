internal import FoundationEssentials

/// What a script said: the last line of each name counts.
struct RemoteReport: Sendable {
    private let values: [String: String]

    init(_ output: [UInt8]) {
        var values: [String: String] = [:]
        for line in String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline) where line.first == "@" {
            let name = line.dropFirst().prefix { $0 != " " }
            values[String(name)] = line.dropFirst(name.count + 2).trimmed.replacing("\0", with: " ")
        }
        self.values = values
    }

    /// A value; nil when it was not said, or is empty.
    subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether it was said at all.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The words of a value.
    func words(_ name: String) -> [Substring] { self[name]?.split(whereSeparator: \.isWhitespace) ?? [] }

    /// `name=value` pairs of a value.
    func numbers(_ name: String) -> [String: Int64] {
        words(name).reduce(into: [:]) { pairs, word in
            guard let mark = word.firstIndex(of: "=") else { return }
            pairs[String(word[..<mark])] = Int64(word[word.index(after: mark)...])
        }
    }
}

/// The header lines of a request or response, in their order; names compare without regard to case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One line.
    package struct Line: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package private(set) var lines: [Line] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        lines = elements.map { Line(name: $0.0, value: $0.1) }
    }

    /// The first value of a name; setting replaces every line of that name.
    package subscript(name name: String) -> String? {
        get {
            let wanted = name.lowercased()
            return lines.first { $0.name.lowercased() == wanted }?.value
        }
        set {
            let wanted = name.lowercased()
            lines.removeAll { $0.name.lowercased() == wanted }
            if let newValue { lines.append(Line(name: name, value: newValue)) }
        }
    }

    /// Adds a line as libcurl hands it over, `Name: value` with its line end; others are ignored.
    mutating func append(rawLine line: some Collection<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        let value = String(decoding: line[line.index(after: colon)...], as: UTF8.self)
        lines.append(Line(name: name, value: value.trimmed))
    }

    /// Whether no line could smuggle in another one.
    var isSendable: Bool {
        lines.allSatisfy { line in
            let isToken = !line.name.isEmpty && line.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            return isToken && line.value.utf8.allSatisfy { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }
        }
    }
}

extension StringProtocol {
    /// Without white space and line ends on both sides.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(String(start.reversed().drop { $0.isWhitespace }).reversed())
    }
}

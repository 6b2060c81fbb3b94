/// The header lines of a request, in the order they came.
///
/// They lie in one piece of memory, and become strings when somebody asks: most lines of most requests are never read.
package struct HeaderFields: Sendable {
    private struct Line {
        let name: Range<Int>
        let value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    package init() {}

    package init(_ fields: [HeaderField]) {
        for field in fields { append(name: field.name.utf8, value: field.value.utf8) }
    }

    package var count: Int { lines.count }

    /// The first line's value with this name, in any case.
    package subscript(name: String) -> String? {
        for line in lines where matches(line, name) { return text(line.value) }
        return nil
    }

    /// The values of all lines with this name, in any case.
    package func all(_ name: String) -> [String] { lines.filter { matches($0, name) }.map { text($0.value) } }

    /// All lines.
    package var fields: [HeaderField] { lines.map { HeaderField(text($0.name), text($0.value)) } }

    /// How many lines have this name, in any case.
    package func count(of name: String) -> Int { lines.count { matches($0, name) } }

    /// Whether the comma-separated list of a name has this token, in any case.
    package func has(_ name: String, token: String) -> Bool {
        let token = token.lowercased()
        return all(name).contains { value in
            value.split(separator: ",").contains { item in String(item).trimmed.lowercased() == token }
        }
    }

    /// Adds a line; white space around the value goes away.
    mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        var (first, last) = (middle, bytes.count)
        while first < last, Self.isBlank(bytes[first]) { first += 1 }
        while last > first, Self.isBlank(bytes[last - 1]) { last -= 1 }
        lines.append(Line(name: start..<middle, value: first..<last))
    }

    mutating func reserve(bytes byteCount: Int, lines lineCount: Int) {
        bytes.reserveCapacity(byteCount)
        lines.reserveCapacity(lineCount)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func matches(_ line: Line, _ name: String) -> Bool {
        guard line.name.count == name.utf8.count else { return false }
        return zip(bytes[line.name], name.utf8).allSatisfy { Self.lowercase($0) == Self.lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

extension String {
    /// Without the spaces and tabs at both ends.
    var trimmed: String {
        let blanks: Set<Character> = [" ", "\t"]
        return String(drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
    }
}

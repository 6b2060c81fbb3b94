import FoundationEssentials
import Host

/// `NAME=VALUE` lines, as `env` prints them and `.env` files hold them.
enum VariableLines {
    /// Reads a file; `-` is standard input.
    ///
    /// - Throws: ``CommandError`` when it can't be read, or a line is none of that form.
    static func read(_ path: String) throws -> [String: String] {
        let text: String
        if path == "-" {
            var lines: [String] = []
            while let line = Terminal.standardInput.readLine() { lines.append(line) }
            text = lines.joined(separator: "\n")
        } else {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError("The file \(path) can't be read; check its name and permissions.")
            }
            text = String(decoding: data, as: UTF8.self)
        }
        return try parse(text)
    }

    static func parse(_ text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = line.drop { $0 == " " || $0 == "\t" }
            if line.isEmpty || line.first == "#" { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard let sign = line.firstIndex(of: "="), sign != line.startIndex else {
                throw CommandError("Line \(number + 1) is not NAME=VALUE; write one variable a line.")
            }
            var value = line[line.index(after: sign)...]
            if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            values[String(line[..<sign])] = String(value)
        }
        return values
    }
}

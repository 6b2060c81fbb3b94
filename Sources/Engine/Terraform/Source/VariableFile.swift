/// Reads the texts that a variable file gives to variables, to know what must be masked; nothing is evaluated.
package enum VariableFile {
    /// Every text in a variable's value, by the variable's name: the value itself, or what its list, map or object holds.
    ///
    /// - Parameters:
    ///   - content: A `.tfvars` file's, or a `.tfvars.json` file's.
    ///   - isJSON: Which of the two.
    /// - Returns: Nothing for what can't be read: Terraform will refuse it.
    package static func texts(in content: [UInt8], isJSON: Bool) -> [String: [String]] {
        guard !isJSON else {
            let members = JSONValue(parsing: content)?.members ?? []
            return Dictionary(members.map { ($0.name, texts(in: $0.value)) }) { $0 + $1 }
        }
        return native(content).merging(heredocs(content)) { $0 + $1 }
    }

    private static func texts(in value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let values): values.flatMap(texts)
        case .object(let members): members.flatMap { texts(in: $0.value) }
        default: []
        }
    }

    private static func native(_ content: [UInt8]) -> [String: [String]] {
        var result: [String: [String]] = [:]
        var tokens = HCLTokens(content)
        var name: String?
        var last: HCLTokens.Token?
        var nesting = 0
        while let token = tokens.next() {
            switch token {
            case .equals where nesting == 0: name = last?.text
            case .open, .left: nesting += 1
            case .close, .right: nesting = max(0, nesting - 1)
            case .newline where nesting == 0: name = nil
            case .string(let text):
                if let name { result[name, default: []].append(unescaped(text)) }
            default: break
            }
            last = token
        }
        return result
    }

    /// `name = <<EOT` and the lines up to `EOT`.
    private static func heredocs(_ content: [UInt8]) -> [String: [String]] {
        var result: [String: [String]] = [:]
        var open: (name: String, marker: String)?
        // By itself: with the other two it would be copied for each line.
        var lines: [String] = []
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            let bare = line.drop { $0 == " " || $0 == "\t" }
            if let begun = open {
                if bare == begun.marker {
                    result[begun.name, default: []].append(lines.joined(separator: "\n"))
                    (open, lines) = (nil, [])
                } else {
                    lines.append(String(line))
                }
            } else if let sign = line.firstRange(of: "<<"), let equals = line.firstIndex(of: "="), equals < sign.lowerBound {
                let name = line[..<equals].filter { !$0.isWhitespace && $0 != "\"" }
                let marker = line[sign.upperBound...].drop { $0 == "-" }.filter { !$0.isWhitespace }
                if !name.isEmpty, !marker.isEmpty { open = (name, marker) }
            }
        }
        return result
    }

    /// - SeeAlso: <https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences>
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if (character == "$" || character == "%") && rest.first == character && rest.dropFirst().first == "{" { rest.removeFirst() }
            guard character == "\\", let escape = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch escape {
            case "n": result += "\n"
            case "r": result += "\r"
            case "t": result += "\t"
            case "u", "U":
                let digits = rest.prefix(escape == "u" ? 4 : 8)
                rest = rest.dropFirst(digits.count)
                if let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) { result.unicodeScalars.append(scalar) }
            default: result.append(escape)
            }
        }
        return result
    }
}

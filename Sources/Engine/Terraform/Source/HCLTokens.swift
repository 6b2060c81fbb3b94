/// Splits Terraform's native syntax into the few tokens that ``ConfigurationScan`` looks at.
struct HCLTokens {
    enum Token: Hashable {
        case word(String)
        case string(String)
        case open, close, equals, newline, other
        /// Before the name of an attribute.
        case dot
        /// `(` or `[`, and their ends: a line end between them ends nothing.
        case left, right
    }

    private let bytes: [UInt8]
    /// Where the next token is looked for.
    private(set) var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next token, or nil at the end.
    mutating func next() -> Token? {
        skipBlanksAndComments()
        guard index < bytes.count else { return nil }
        let byte = bytes[index]
        if Self.isWord(byte) { return .word(take { Self.isWord($0) || $0 == UInt8(ascii: "-") }) }
        index += 1
        switch byte {
        case UInt8(ascii: "\n"): return .newline
        case UInt8(ascii: "{"): return .open
        case UInt8(ascii: "}"): return .close
        case UInt8(ascii: "."): return .dot
        case UInt8(ascii: "("), UInt8(ascii: "["): return .left
        case UInt8(ascii: ")"), UInt8(ascii: "]"): return .right
        case UInt8(ascii: "\""): return .string(quoted())
        case UInt8(ascii: "="):
            // `==` and `=>` are no assignment.
            guard let following = peek(), following == UInt8(ascii: "=") || following == UInt8(ascii: ">") else { return .equals }
            index += 1
            return .other
        case UInt8(ascii: "<") where peek() == UInt8(ascii: "<"):
            skipHeredoc()
            return .other
        default: return .other
        }
    }

    // MARK: - Details

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> String {
        let start = index
        while index < bytes.count, isPart(bytes[index]) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipBlanksAndComments() {
        while let byte = peek() {
            let following = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "#"):
                _ = take { $0 != UInt8(ascii: "\n") }
            case UInt8(ascii: "/") where following == UInt8(ascii: "/"):
                _ = take { $0 != UInt8(ascii: "\n") }
            case UInt8(ascii: "/") where following == UInt8(ascii: "*"):
                index += 2
                while index < bytes.count,
                    !(bytes[index] == UInt8(ascii: "*") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"))
                {
                    index += 1
                }
                index = min(bytes.count, index + 2)
            default: return
            }
        }
    }

    /// The text after an opening quote, up to the closing one.
    private mutating func quoted() -> String {
        let start = index
        skipQuoted(depth: 0)
        let end = index > start && bytes[index - 1] == UInt8(ascii: "\"") ? index - 1 : index
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// A template (`${…}`) may hold strings, which may hold templates; nobody nests them this deep.
    private static let deepest = 50

    private mutating func skipQuoted(depth: Int) {
        while let byte = peek() {
            index += 1
            switch byte {
            case UInt8(ascii: "\\"): index = min(bytes.count, index + 1)
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "$"), UInt8(ascii: "%"):
                guard peek() == UInt8(ascii: "{"), depth < Self.deepest else { continue }
                index += 1
                skipTemplate(depth: depth + 1)
            default: break
            }
        }
    }

    private mutating func skipTemplate(depth: Int) {
        var braces = 1
        while let byte = peek() {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): skipQuoted(depth: depth)
            case UInt8(ascii: "{"): braces += 1
            case UInt8(ascii: "}"):
                braces -= 1
                if braces == 0 { return }
            default: break
            }
        }
    }

    /// Skips `<<EOT` or `<<-EOT` up to its marker's line.
    private mutating func skipHeredoc() {
        index += 1
        if peek() == UInt8(ascii: "-") { index += 1 }
        let marker = take(while: Self.isWord)
        guard !marker.isEmpty else { return }
        while index < bytes.count {
            let line = take { $0 != UInt8(ascii: "\n") }
            if line.drop(while: { $0 == " " || $0 == "\t" }) == marker { return }
            index += 1
        }
    }
}

/// Blanks comments and the text of string literals, and keeps every line break and the code inside `\( )`.
struct CodeOnly {
    private let source: [UInt8]
    private var result: [UInt8] = []
    private var index = 0

    /// The text with nothing but code in it, byte for byte in the same place.
    static func of(_ text: String) -> String {
        var blanking = CodeOnly(source: Array(text.utf8))
        while blanking.index < blanking.source.count { blanking.copyCode(isInterpolation: false) }
        return String(decoding: blanking.result, as: UTF8.self)
    }

    private init(source: [UInt8]) {
        self.source = source
        result.reserveCapacity(source.count)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let pound = UInt8(ascii: "#")
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")
    private static let newline = UInt8(ascii: "\n")

    private func byte(_ offset: Int = 0) -> UInt8 { index + offset < source.count ? source[index + offset] : 0 }

    private mutating func keep(_ count: Int = 1) {
        for _ in 0..<count where index < source.count {
            result.append(source[index])
            index += 1
        }
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where index < source.count {
            result.append(source[index] == Self.newline ? Self.newline : UInt8(ascii: " "))
            index += 1
        }
    }

    /// Copies up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func copyCode(isInterpolation: Bool) {
        var depth = 0
        while index < source.count {
            switch byte() {
            case Self.slash where byte(1) == Self.slash:
                while index < source.count, byte() != Self.newline { blank() }
            case Self.slash where byte(1) == Self.star:
                blankBlockComment()
            case Self.quote, Self.pound:
                copyLiteralOrPounds()
            case UInt8(ascii: "("):
                depth += 1
                keep()
            case UInt8(ascii: ")"):
                if isInterpolation, depth == 0 { return }
                depth -= 1
                keep()
            default:
                keep()
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if byte() == Self.slash, byte(1) == Self.star {
                depth += 1
                blank(2)
            } else if byte() == Self.star, byte(1) == Self.slash {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < source.count
    }

    private mutating func copyLiteralOrPounds() {
        var pounds = 0
        while byte(pounds) == Self.pound { pounds += 1 }
        keep(pounds)
        guard byte() == Self.quote else { return }
        let quotes = byte(1) == Self.quote && byte(2) == Self.quote ? 3 : 1
        keep(quotes)
        while index < source.count, !isDelimiter(quotes: quotes, pounds: pounds) {
            if byte() == UInt8(ascii: "\\"), has(pounds: pounds, at: 1) {
                let isInterpolation = byte(1 + pounds) == UInt8(ascii: "(")
                blank(2 + pounds)
                guard isInterpolation else { continue }
                copyCode(isInterpolation: true)
                blank()
            } else if byte() == Self.newline, quotes == 1 {
                // An unclosed literal does not swallow the file.
                return
            } else {
                blank()
            }
        }
        keep(quotes + pounds)
    }

    private func isDelimiter(quotes: Int, pounds: Int) -> Bool {
        for offset in 0..<quotes where byte(offset) != Self.quote { return false }
        return has(pounds: pounds, at: quotes)
    }

    private func has(pounds: Int, at start: Int) -> Bool {
        for offset in 0..<pounds where byte(start + offset) != Self.pound { return false }
        return true
    }
}

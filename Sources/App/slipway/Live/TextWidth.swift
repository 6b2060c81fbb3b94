/// Measures, shortens, pads and wraps text by the columns a terminal gives it.
enum TextWidth {
    /// The columns of one line without escape sequences; wide characters (CJK, most emoji) take two.
    static func columns(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns(of: $1) }
    }

    /// The columns of one character.
    static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        let width = columns(of: first)
        // A variation selector 16 asks for the emoji form, which is wide; two regional indicators make one flag.
        if character.unicodeScalars.dropFirst().contains(where: { $0 == "\u{FE0F}" || isRegional($0) }) { return 2 }
        return width
    }

    /// Shortens in the middle, where an address says the least, to at most `width` columns.
    static func truncateMiddle(_ text: String, to width: Int, ellipsis: String = "…") -> String {
        guard columns(text) > width else { return text }
        let room = width - columns(ellipsis)
        guard room > 0 else { return String(repeating: ".", count: max(width, 0)) }
        // The end names the resource: it gets the larger half.
        let tail = take(text.reversed(), columns: (room + 1) / 2)
        let head = take(Array(text), columns: room - tail.columns)
        return String(head.characters) + ellipsis + String(tail.characters.reversed())
    }

    /// Shortens at the end to at most `width` columns.
    static func truncate(_ text: String, to width: Int, ellipsis: String = "…") -> String {
        guard columns(text) > width else { return text }
        let room = width - columns(ellipsis)
        guard room > 0 else { return String(repeating: ".", count: max(width, 0)) }
        return String(take(Array(text), columns: room).characters) + ellipsis
    }

    /// Fills with blanks on the right up to `width` columns.
    static func pad(_ text: String, to width: Int) -> String { text + String(repeating: " ", count: max(0, width - columns(text))) }

    /// Fills with blanks on the left up to `width` columns.
    static func padLeft(_ text: String, to width: Int) -> String { String(repeating: " ", count: max(0, width - columns(text))) + text }

    /// Breaks at blanks so that no line is wider than `width`; a longer word is broken.
    static func wrap(_ text: String, to width: Int) -> [String] { wrap(words: text.split(separator: " ").map(String.init), to: width) }

    /// Breaks between words, so that no line is wider than `width`; a longer word is broken.
    static func wrap(words: [String], to width: Int) -> [String] {
        let width = max(width, 1)
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, columns(line) + 1 + columns(word) <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            var rest = word
            while columns(rest) > width {
                let head = take(Array(rest), columns: width).characters
                guard !head.isEmpty else { break }
                lines.append(String(head))
                rest = String(rest.dropFirst(head.count))
            }
            line = rest
        }
        return line.isEmpty ? lines : lines + [line]
    }

    // MARK: Details

    private static func take(_ characters: [Character], columns limit: Int) -> (characters: [Character], columns: Int) {
        var used = 0
        var taken: [Character] = []
        for character in characters {
            let next = columns(of: character)
            guard used + next <= limit else { break }
            used += next
            taken.append(character)
        }
        return (taken, used)
    }

    private static func isRegional(_ scalar: Unicode.Scalar) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar.value) }

    private static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// East Asian Wide and Fullwidth, in blocks.
    ///
    /// - SeeAlso: <https://www.unicode.org/reports/tr11/>
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18AFF,
        0x1B000...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]
}

/// Makes text from elsewhere safe for a terminal: no escape sequence, control character or change of direction reaches it.
///
/// What comes from a run is cleaned where it comes in, and everything once more where it is printed.
package enum Harmless {
    /// One line: escape sequences are dropped, tabs and line ends become blanks, other control and direction characters become `�`.
    package static func line(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var result = String.UnicodeScalarView()
        var state = State.text
        for scalar in text.unicodeScalars {
            switch step(&state, scalar) {
            case .keep: result.append(scalar)
            case .blank: result.append(" ")
            case .replace: result.append("\u{FFFD}")
            case .drop: break
            }
        }
        return String(result)
    }

    /// Several lines: as ``line(_:)``, but line ends are kept as the array's order, and a tab becomes four blanks.
    package static func lines(_ text: String) -> [String] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .map { part in
                // Programs redraw progress with carriage returns: the last text is what would be seen.
                let shown = part.split(separator: "\r").last ?? ""
                return line(shown.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    "))
            }
    }

    /// Several lines in one text: as ``line(_:)``, but line ends and tabs are kept, and other characters that would do harm are dropped.
    package static func text(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var result = String.UnicodeScalarView()
        var state = State.text
        for scalar in text.unicodeScalars {
            switch step(&state, scalar) {
            case .keep: result.append(scalar)
            case .blank where scalar != "\r": result.append(scalar)
            case .blank, .replace, .drop: break
            }
        }
        return String(result)
    }

    /// What a program prints itself: as ``text(_:)``, but for the colours that it uses.
    ///
    /// - Parameters:
    ///   - text: With sequences such as `ESC [ 31 m`.
    ///   - colours: The numbers in those that are kept.
    /// - Returns: Nothing else that a terminal obeys, but line ends and tabs.
    package static func printed(_ text: String, colours: Set<String>) -> String {
        guard !isPlain(text) else { return text }
        var pieces = text.split(separator: "\u{1B}[", omittingEmptySubsequences: false).map(String.init)
        let first = Self.text(pieces.removeFirst())
        return pieces.reduce(first) { result, piece in
            let code = piece.prefix { $0 != "m" }
            guard code.utf8.count < piece.utf8.count, colours.contains(String(code)) else { return result + Self.text("\u{1B}[" + piece) }
            return result + "\u{1B}[\(code)m" + Self.text(String(piece.dropFirst(code.count + 1)))
        }
    }

    /// JSON that means the same, and that a terminal shows instead of obeying it.
    package static func json(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            var state = State.text
            // Outside of strings JSON has none of these but line ends and tabs.
            switch step(&state, scalar) {
            case .keep, .blank: result.unicodeScalars.append(scalar)
            case .replace, .drop:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
        }
        return result
    }

    /// Printable ASCII alone: nothing to do, as for nearly every text.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { 0x20...0x7E ~= $0 } }

    // MARK: A small machine after ECMA-48

    private enum State { case text, escape, control, string, stringEscape }
    private enum Verdict { case keep, blank, replace, drop }

    private static func step(_ state: inout State, _ scalar: Unicode.Scalar) -> Verdict {
        // No sequence goes on behind the end of its line: what follows is not lost to one that was cut off.
        if scalar == "\n" { state = .text }
        switch state {
        case .text:
            return inText(&state, scalar)
        case .escape:
            switch scalar {
            case "[": state = .control
            case "]", "P", "X", "^", "_": state = .string
            case "\u{20}"..."\u{2F}": break  // an intermediate: the final one follows
            default: state = .text
            }
            return .drop
        case .control:
            // Parameters and intermediates up to one final byte; anything else is no sequence.
            if ("\u{40}"..."\u{7E}").contains(scalar) || !("\u{20}"..."\u{3F}").contains(scalar) { state = .text }
            return .drop
        case .string:
            if scalar == "\u{07}" || scalar == "\u{9C}" { state = .text }
            if scalar == "\u{1B}" { state = .stringEscape }
            return .drop
        case .stringEscape:
            state = .text
            return .drop
        }
    }

    private static func inText(_ state: inout State, _ scalar: Unicode.Scalar) -> Verdict {
        switch scalar {
        case "\u{1B}":
            state = .escape
            return .drop
        case "\u{9B}":
            state = .control
            return .drop
        case "\u{90}", "\u{9D}", "\u{98}", "\u{9E}", "\u{9F}":
            state = .string
            return .drop
        case "\t", "\n", "\r": return .blank
        case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}": return .replace
        // Direction overrides can make a line read as something else (CVE-2021-42574); separators break it.
        case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{2028}", "\u{2029}": return .replace
        default: return .keep
        }
    }
}

/// Makes text from elsewhere safe for a terminal: no escape sequence or control character reaches it.
enum Harmless {
    /// One line: escape sequences are dropped, tabs and line ends become blanks, other control and direction characters become `�`.
    static func line(_ text: String) -> String {
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
    static func lines(_ text: String) -> [String] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .map { part in
                // Programs redraw progress with carriage returns: the last text is what would be seen.
                let shown = part.split(separator: "\r").last ?? ""
                return line(shown.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    "))
            }
    }

    // MARK: A small machine after ECMA-48

    private enum State { case text, escape, control, string, stringEscape }
    private enum Verdict { case keep, blank, replace, drop }

    private static func step(_ state: inout State, _ scalar: Unicode.Scalar) -> Verdict {
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
            if scalar == "\u{07}" || scalar == "\u{9C}" || scalar == "\n" { state = .text }
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

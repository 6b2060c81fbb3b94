import Log

/// What has to be sent to a terminal to change one frame into the next; pure.
struct Screen: Sendable {
    /// The lines that stand there now, and the columns for which they were drawn.
    private var shown: [String] = []
    private var width = 0

    static let hideCursor = "\u{1B}[?25l"
    static let showCursor = "\u{1B}[?25h"
    /// Terminals that know it draw all that lies between at once, without a flicker; others ignore it.
    private static let beginUpdate = "\u{1B}[?2026h"
    private static let endUpdate = "\u{1B}[?2026l"

    /// Replaces the frame.
    ///
    /// - Parameters:
    ///   - lines: Fewer than the terminal has rows; the cursor rests on the line below the last.
    ///   - above: Lines that stay, to be put above the frame, where they scroll away.
    ///   - size: The terminal's, now.
    /// - Returns: Nothing when nothing changed.
    mutating func draw(_ lines: [String], above: [String] = [], size: (columns: Int, rows: Int)) -> String {
        guard lines != shown || !above.isEmpty || size.columns != width else { return "" }
        var text = Self.beginUpdate + home(size)
        // A terminal that got narrower has broken the old lines: what is left of them goes first.
        if size.columns != width { text += "\u{1B}[J" }
        for (position, line) in (above + lines).enumerated() {
            let isSame = above.isEmpty && size.columns == width && position < shown.count && shown[position] == line
            text += isSame ? "\r\n" : "\r\(line)\u{1B}[K\r\n"
        }
        text += "\u{1B}[J" + Self.endUpdate
        shown = lines
        width = size.columns
        return text
    }

    /// Takes the frame away and leaves the cursor where it began.
    mutating func erase(size: (columns: Int, rows: Int)) -> String {
        defer { shown = [] }
        return shown.isEmpty ? "" : home(size) + "\u{1B}[J"
    }

    /// Forgets the frame: it stays where it is, and the next one is drawn below.
    mutating func leave() { shown = [] }

    /// Moves the cursor to the frame's first line.
    private func home(_ size: (columns: Int, rows: Int)) -> String {
        let rows = shown.reduce(0) { total, line in
            let columns = TextWidth.columns(Harmless.line(line))
            return total + max(1, (columns + size.columns - 1) / max(size.columns, 1))
        }
        let up = min(rows, max(size.rows - 1, 0))
        return up == 0 ? "\r" : "\r\u{1B}[\(up)A"
    }
}

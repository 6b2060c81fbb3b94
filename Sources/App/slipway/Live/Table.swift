import Log

/// Aligned columns, as lists are printed.
struct Table: Sendable {
    /// A column's title and how its cells stand.
    struct Column: Sendable {
        let title: String
        var isRightAligned = false
        /// Is shortened when the line would be too wide.
        var isFlexible = false

        init(_ title: String, isRightAligned: Bool = false, isFlexible: Bool = false) {
            self.title = title
            self.isRightAligned = isRightAligned
            self.isFlexible = isFlexible
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; missing cells stay empty, text is made harmless.
    mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? Harmless.line(cells[$0]) : "" })
    }

    /// Draws the table, titles first.
    ///
    /// - Parameters:
    ///   - width: Columns of the terminal; nil, as for a file or a pipe, shortens nothing.
    ///   - paint: Makes the titles bold.
    ///   - symbols: For the ellipsis.
    ///   - cell: May colour a cell, by its column and text.
    /// - Returns: One line a row, without line ends.
    func render(
        width: Int?,
        paint: Paint = .plain,
        symbols: Symbols = .unicode,
        cell: (_ column: Int, _ text: String) -> String = { $1 }
    ) -> [String] {
        let widths = fit(width)
        let title = line(columns.map(\.title), widths, symbols) { paint.bold($1) }
        return [title] + rows.map { line($0, widths, symbols, cell) }
    }

    private func line(_ cells: [String], _ widths: [Int], _ symbols: Symbols, _ style: (Int, String) -> String) -> String {
        var line = ""
        var pending = 0
        for (index, text) in cells.enumerated() {
            let shown = TextWidth.truncateMiddle(text, to: widths[index], ellipsis: symbols.ellipsis)
            let missing = max(0, widths[index] - TextWidth.columns(shown))
            // Blanks are written only when something follows, so that no line ends with them.
            let before = pending + (columns[index].isRightAligned ? missing : 0)
            if !shown.isEmpty { line += String(repeating: " ", count: before) + style(index, shown) }
            pending = (shown.isEmpty ? before : 0) + (columns[index].isRightAligned && !shown.isEmpty ? 0 : missing) + 2
            if shown.isEmpty, columns[index].isRightAligned { pending = before + 2 }
        }
        return line
    }

    /// The natural widths, with flexible columns cut evenly down to 12 when `width` asks for it.
    private func fit(_ width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(TextWidth.columns).max() ?? 0
        }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        while excess > 0 {
            let widest = widths.indices.filter { columns[$0].isFlexible && widths[$0] > 12 }.max { widths[$0] < widths[$1] }
            guard let widest else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}

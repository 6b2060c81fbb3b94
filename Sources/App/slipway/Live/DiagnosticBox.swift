internal import Domain
internal import Events
import Log

/// A diagnostic as Terraform draws it: the place, the code, the explanation, with an edge on the left.
enum DiagnosticBox {
    /// The lines; text is wrapped to the style's width, code is cut to it.
    static func render(_ diagnostic: DiagnosticReport, style: LiveStyle) -> [String] {
        let symbols = style.symbols
        let isError = diagnostic.severity == .error
        let room = max(20, style.width - 2)
        let title = isError ? "Error: " : "Warning: "
        let head = TextWidth.wrap(title + symbols.clean(diagnostic.summary), to: room)
        var lines = head.enumerated().map { index, text in
            guard index == 0 else { return style.paint.bold(text) }
            return edge(isError, title, style) + style.paint.bold(String(text.dropFirst(title.count)))
        }
        lines += place(diagnostic, room: room, style)
        lines += block(diagnostic.detail, room: room, style)
        if let advice = diagnostic.advice, !advice.isEmpty { lines += block("What to do: " + advice, room: room, style) }
        let side = edge(isError, symbols.box.side, style)
        return [edge(isError, symbols.box.top, style)] + lines.map { $0.isEmpty ? side : side + " " + $0 } + [
            edge(isError, symbols.box.bottom, style)
        ]
    }

    private static func edge(_ isError: Bool, _ text: String, _ style: LiveStyle) -> String {
        isError ? style.paint.red(text) : style.paint.yellow(text)
    }

    private static func place(_ diagnostic: DiagnosticReport, room: Int, _ style: LiveStyle) -> [String] {
        var lines: [String] = []
        if let address = diagnostic.address {
            let text = TextWidth.truncateMiddle(style.symbols.clean(address), to: room - 8, ellipsis: style.symbols.ellipsis)
            lines.append("  with \(text)" + (diagnostic.file == nil ? "" : ","))
        }
        if let file = diagnostic.file {
            let line = diagnostic.line.map { " line \($0)" } ?? ""
            let shown = TextWidth.truncateMiddle(style.symbols.clean(file), to: room - 6 - line.count, ellipsis: style.symbols.ellipsis)
            lines.append("  on \(shown)\(line):")
        }
        if let snippet = diagnostic.snippet, !snippet.isEmpty {
            for (offset, code) in Harmless.lines(snippet).prefix(12).enumerated() {
                let number = diagnostic.line.map { "  \($0.addingClamped(offset)): " } ?? "    "
                lines.append(
                    number + TextWidth.truncate(style.symbols.clean(code), to: room - number.count, ellipsis: style.symbols.ellipsis)
                )
            }
        }
        return lines.isEmpty ? [] : [""] + lines
    }

    /// A paragraph of its own; lines that are indented, such as code or lists, are cut instead of wrapped.
    private static func block(_ text: String, room: Int, _ style: LiveStyle) -> [String] {
        guard !text.isEmpty else { return [] }
        var raw = Harmless.lines(text)
        // A command's output ends with a line end.
        while raw.last?.isEmpty ?? false { raw.removeLast() }
        let lines = raw.flatMap { line -> [String] in
            let clean = style.symbols.clean(line)
            if clean.hasPrefix(" ") { return [TextWidth.truncate(clean, to: room, ellipsis: style.symbols.ellipsis)] }
            return clean.isEmpty ? [""] : TextWidth.wrap(clean, to: room)
        }
        return [""] + lines
    }
}

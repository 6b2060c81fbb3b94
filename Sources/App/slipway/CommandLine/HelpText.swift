import Log

/// Renders a command's help.
struct HelpText: Sendable {
    let root: CommandSpec
    /// Columns of the terminal; used from 40 to 100, beyond which lines are hard to read.
    let width: Int
    let paint: Paint

    init(root: CommandSpec, width: Int = 80, paint: Paint = .plain) {
        self.root = root
        self.width = min(max(width, 40), 100)
        self.paint = paint
    }

    /// The help of the command at `path`, each line with its end; the root's for an unknown path.
    func render(_ path: [String]) -> String {
        let found = root.command(at: path)
        let command = found ?? root
        let path = found == nil ? [] : path
        var sections: [[String]] = [TextWidth.wrap(command.summary + ".", to: width)]
        for paragraph in command.discussion.split(separator: "\n\n") {
            sections.append(TextWidth.wrap(String(paragraph), to: width))
        }
        sections.append(usage(command, path))
        sections.append(section("Commands", command.subcommands.map { (paint.bold($0.name), $0.summary) }))
        sections.append(section("Arguments", command.arguments.map { ($0.name, $0.summary) }))
        if !path.isEmpty { sections.append(section("Options", command.options.map(row))) }
        sections.append(section(path.isEmpty ? "Options" : "Options of all commands", root.options.map(row)))
        sections.append(examples(command))
        sections.append(exitCodes(command))
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    // MARK: Sections

    private func usage(_ command: CommandSpec, _ path: [String]) -> [String] {
        var words = ["slipway"] + path
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        for argument in command.arguments {
            let name = argument.isRepeatable ? argument.name + "..." : argument.name
            words.append(argument.isRequired ? name : "[\(name)]")
        }
        words += command.options.filter(\.isRequired).map(\.usage)
        let shown = Set(command.exclusive.joined())
        words += command.exclusive.filter { !path.isEmpty && !$0.isEmpty }.map { "[\($0.map { "--\($0)" }.joined(separator: "|"))]" }
        if path.isEmpty || command.options.contains(where: { !$0.isRequired && !shown.contains($0.name) }) { words.append("[OPTIONS]") }
        let lines = TextWidth.wrap(words: words, to: width - 7)
        return lines.enumerated().map { ($0 == 0 ? paint.bold("Usage:") : "      ") + " " + $1 }
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        // Labels that are too long to stand beside their text get a line of their own.
        let widest = rows.map { TextWidth.columns(Harmless.line($0.0)) }.filter { $0 <= width / 3 }.max() ?? width / 3
        let indent = widest + 4
        var lines = [paint.bold(title + ":")]
        for (label, text) in rows {
            let wrapped = TextWidth.wrap(text, to: width - indent)
            let labelWidth = TextWidth.columns(Harmless.line(label))
            if labelWidth > widest {
                lines.append("  " + label)
            } else {
                lines.append("  " + label + String(repeating: " ", count: widest - labelWidth + 2) + (wrapped.first ?? ""))
            }
            let rest = labelWidth > widest ? wrapped[...] : wrapped.dropFirst()
            lines += rest.map { String(repeating: " ", count: indent) + $0 }
        }
        return lines
    }

    private func row(_ option: OptionSpec) -> (String, String) {
        let short = option.short.map { "-\($0), " } ?? "    "
        return (short + option.usage, option.isRequired ? option.summary + " (required)" : option.summary)
    }

    private func examples(_ command: CommandSpec) -> [String] {
        guard !command.examples.isEmpty else { return [] }
        return [paint.bold("Examples:")] + command.examples.flatMap { ["  \($0.line)", "      " + paint.dim($0.meaning)] }
    }

    private func exitCodes(_ command: CommandSpec) -> [String] {
        guard command.subcommands.isEmpty || command.name == root.name else { return [] }
        return section("Exit codes", command.exitCodes.map { (String($0.rawValue), $0.meaning) })
    }
}

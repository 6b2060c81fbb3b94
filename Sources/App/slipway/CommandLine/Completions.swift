/// Shell completions, generated from the tree of commands.
enum Completions {
    enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    /// A script for the shell to source or to keep in its folder of completions.
    static func script(for shell: Shell, root: CommandSpec) -> String {
        switch shell {
        case .bash: BashCompletion(root: root).script()
        case .zsh: ZshCompletion(root: root).script()
        case .fish: FishCompletion(root: root).script()
        }
    }

    /// The script for a shell by its name, as the command line gives it; empty for an unknown one, which the parser has ruled out.
    static func script(for shell: String, root: CommandSpec) -> String {
        Shell(rawValue: shell).map { script(for: $0, root: root) } ?? ""
    }

    /// A command with the path that leads to it, the root first.
    struct Place: Sendable {
        let path: [String]
        let command: CommandSpec
        let root: CommandSpec

        /// `state pull`; empty for the root.
        var name: String { path.joined(separator: " ") }

        /// Every option that may stand there.
        var options: [OptionSpec] { path.isEmpty ? root.options : command.options + root.options }

        /// What the first argument is; nil for a command without arguments.
        var argument: ValueKind? { command.arguments.first?.kind }
    }

    /// Every command of the tree; `help` counts as having the others below it.
    static func places(_ root: CommandSpec) -> [Place] {
        func walk(_ command: CommandSpec, _ path: [String]) -> [Place] {
            [Place(path: path, command: command, root: root)] + command.subcommands.flatMap { walk($0, path + [$0.name]) }
        }
        return walk(root, [])
    }

    /// The words that can follow at a place besides options, with their meaning.
    static func words(_ place: Place) -> [(word: String, meaning: String)] {
        if place.path == ["help"] { return place.root.subcommands.map { ($0.name, $0.summary) } }
        if case .choice(let words)? = place.argument { return words.map { ($0, "") } }
        return place.command.subcommands.map { ($0.name, $0.summary) }
    }

    /// Text for single quotes, as all three shells read it.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// One command as data: the parser, the help, the completions and the documentation all read it.
struct CommandSpec: Sendable {
    /// A line that a reader can copy, with what it does.
    struct Example: Sendable {
        let line: String
        let meaning: String

        init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    /// The word that is typed.
    let name: String
    /// One sentence without its full stop, as in a list of commands.
    let summary: String
    /// Paragraphs below the summary in the command's own help; an empty line separates them.
    var discussion = ""
    var arguments: [ArgumentSpec] = []
    var options: [OptionSpec] = []
    /// A command with subcommands runs nothing by itself.
    var subcommands: [CommandSpec] = []
    /// Names of options of which at most one may be given.
    var exclusive: [[String]] = []
    var examples: [Example] = []
    /// Which exit codes its help lists.
    var exitCodes: [ExitCode] = [.done, .failed, .usage]

    /// The direct subcommand with that name.
    func subcommand(_ name: String) -> CommandSpec? { subcommands.first { $0.name == name } }

    /// The command at the end of `path`, which begins below this one; nil when there is none.
    func command(at path: [String]) -> CommandSpec? {
        var command = self
        for name in path {
            guard let next = command.subcommand(name) else { return nil }
            command = next
        }
        return command
    }
}

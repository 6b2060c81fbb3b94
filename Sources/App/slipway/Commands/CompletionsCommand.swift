/// Runs `slipway completions SHELL`.
enum CompletionsCommand {
    static func run(_ context: CommandContext) throws -> ExitCode {
        guard let shell = Completions.Shell(rawValue: try context.command.required("SHELL")) else {
            throw UsageError(message: "SHELL must be bash, zsh or fish.", command: context.command.path)
        }
        context.output.raw(Completions.script(for: shell, root: CommandTree.root))
        return .done
    }
}

/// `slipway completions SHELL`
enum CompletionsCommand {
    static func run(_ context: CommandContext) throws -> ExitCode {
        context.output.raw(Completions.script(for: try context.command.required("SHELL"), root: CommandTree.root))
        return .done
    }
}

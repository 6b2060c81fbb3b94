/// Runs `slipway version`.
enum VersionCommand {
    static func run(_ context: CommandContext) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(["version": Program.version])
        } else {
            context.output.line("slipway \(Program.version)")
        }
        return .done
    }
}

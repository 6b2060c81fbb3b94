import Host

/// The yes that a command needs before it does what can't be undone.
enum Confirmation {
    /// Asks on a terminal; elsewhere `--yes` has to say it.
    ///
    /// - Returns: Whether to go on; false has been said to the person.
    /// - Throws: ``UsageError`` when nobody can be asked.
    static func ask(_ question: String, _ context: CommandContext) async throws -> Bool {
        if context.command.flag("yes") { return true }
        let prompt = Prompt(paint: context.output.console.paint)
        guard prompt.isPossible, !context.output.isJSON else {
            throw UsageError(message: "Nobody can be asked here; add --yes to do it without a question.", command: context.command.path)
        }
        // Awaited below; a task of its own, because Ctrl-C must be able to end the waiting for a line.
        let asking = Task { await prompt.ask(.sure(question)) }
        let interrupts = InterruptHandler(first: { asking.cancel() }, again: {})
        defer { interrupts.restore() }
        guard await asking.value else {
            context.output.line("Nothing was changed.")
            return false
        }
        return true
    }
}

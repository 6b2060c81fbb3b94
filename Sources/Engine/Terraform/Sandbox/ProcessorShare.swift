internal import Host

/// Keeps a program to some of the processors where the kernel isn't asked to share them out: to whole ones, which others may use as well.
enum ProcessorShare {
    /// The command on so many of the processors that this process may use, chosen by chance; as it is where taskset(1) is missing or all are meant.
    ///
    /// What runs in the sandbox can't choose others: ``SystemCallFilter``.
    static func command(_ command: ChildProcess.Command, processors: Double) -> ChildProcess.Command {
        let allowed = ProcessTable.processors
        let count = max(1, Int(exactly: processors.rounded(.up)) ?? allowed.count)
        guard count < allowed.count, let taskset = Executable.find("taskset", path: Sandbox.Layout.searchPath) else { return command }
        var command = command
        let chosen = allowed.shuffled().prefix(count).sorted().map(String.init).joined(separator: ",")
        command.arguments = ["--cpu-list", chosen, command.executable] + command.arguments
        command.executable = taskset
        return command
    }
}

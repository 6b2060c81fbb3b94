import FoundationEssentials
import Host
import Terraform

/// Where the program begins: words in, exit code out.
@main
struct Program {
    static let version = "0.1.0"

    static func main() async {
        Terminal.ignoreBrokenPipes()
        let words = Array(CurrentProcess.arguments.dropFirst())
        // No command: what a worker starts beside itself.
        if words == [RunWatchdog.word] { return await RunWatchdog.watch() }
        let code = await run(words, environment: ProcessInfo.processInfo.environment)
        CurrentProcess.exit(code.rawValue)
    }

    /// Parses the words, runs the command, and says what went wrong.
    static func run(_ words: [String], environment: [String: String]) async -> ExitCode {
        let output = Output(environment: environment, isJSON: words.prefix { $0 != "--" }.contains("--json"))
        let code = await execute(words, environment: environment, output: output)
        guard let lost = output.console.lostOutput, code == .done else { return code }
        // A full disk behind `> file`: what was to be printed is not there.
        return output.failure(lost)
    }

    private static func execute(_ words: [String], environment: [String: String], output: Output) async -> ExitCode {
        do {
            switch try CommandParser(root: CommandTree.root).parse(words) {
            case .help(let path):
                output.help(path)
                return .done
            case .run(let command):
                let context = CommandContext(command: command, environment: environment, output: output)
                return try await Commands.run(context)
            }
        } catch {
            return output.failure(error)
        }
    }
}

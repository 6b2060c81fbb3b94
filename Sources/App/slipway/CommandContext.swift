import Domain
import FoundationEssentials

/// One invocation: the words as they were understood, and where its results go.
struct CommandContext: Sendable {
    let command: ParsedCommand
    let environment: [String: String]
    let output: Output

    /// The organization that the command works in.
    var organization: String { command.string("org") ?? environment["SLIPWAY_ORG"] ?? "default" }

    /// The organization if one was asked for; nil lists everyone's.
    var onlyOrganization: String? { command.string("org") ?? environment["SLIPWAY_ORG"] }

    func configuration() throws(UsageError) -> Configuration {
        try Configuration(environment: environment, dataOption: command.string("data"), isVerbose: command.flag("verbose"))
    }

    /// Opens the data folder and the database, which so many may read at once.
    func open(readers: Int = 2) async throws -> Composition { try await Composition.open(try configuration(), readers: readers) }

    /// Whether a person said yes, now or with `--yes`.
    ///
    /// - Throws: ``CommandError`` when nobody is there to be asked.
    func confirmed(_ question: [String]) async throws -> Bool {
        if command.flag("yes") { return true }
        let prompt = Prompt(paint: output.console.paint)
        guard prompt.isPossible, !output.isJSON else { throw CommandError("Nobody is there to be asked; give --yes to confirm.") }
        return await prompt.ask(.sure(question))
    }

    /// The job that the command names.
    func job() throws(UsageError) -> JobID { JobID(rawValue: try command.required("JOB")) }
}

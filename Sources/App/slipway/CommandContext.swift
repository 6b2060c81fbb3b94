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

    /// What the command works with: a server, or the data folder and the database opened in this process.
    func installation() async throws -> Installation {
        switch try Place.choose(self) {
        case .server(let url, let token):
            return Installation(.server(url: url, token: token), ServerConnection(url: url, token: token, environment: environment))
        case .socket(let path):
            let connection = ServerConnection(socket: path)
            if await connection.isAnswered { return Installation(.socket(path), connection) }
            fallthrough
        case .here:
            return Installation(.here, ProcessConnection(try await open()))
        }
    }

    /// The part of a query that names the organization, if one was asked for.
    var organizationQuery: [(name: String, value: String?)] { [("organization", onlyOrganization)] }

    /// As ``organizationQuery``; without one it asks for everything that the caller may see.
    var everywhereQuery: [(name: String, value: String?)] { onlyOrganization == nil ? [("everywhere", "true")] : organizationQuery }

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
    func job() throws(UsageError) -> String { try command.required("JOB") }
}

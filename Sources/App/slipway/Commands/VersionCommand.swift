/// Runs `slipway version`.
enum VersionCommand {
    private struct Document: Encodable {
        let version: String
        /// `here`, `socket` or `server`; nil when the environment leaves it open.
        let works: String?
        /// The data folder, the socket or the server's address.
        let at: String?
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        guard context.output.isJSON else {
            context.output.line("slipway \(Program.version)")
            return .done
        }
        try context.output.json(await describe(context))
        return .done
    }

    /// Where commands work, and what they find there; whatever is wrong with the configuration is for `doctor` to say.
    private static func describe(_ context: CommandContext) async -> Document {
        let place = try? Place.choose(context)
        if case .server(let url, _) = place { return Document(version: Program.version, works: "server", at: url) }
        if case .socket(let path) = place, await isAnswered(path) { return Document(version: Program.version, works: "socket", at: path) }
        guard place != nil, let configuration = try? context.configuration() else {
            return Document(version: Program.version, works: nil, at: nil)
        }
        return Document(version: Program.version, works: "here", at: configuration.databasePlace ?? configuration.dataFolder)
    }

    private static func isAnswered(_ path: String) async -> Bool { await ServerConnection(socket: path).isAnswered }
}

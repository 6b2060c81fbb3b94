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
        // Whatever is wrong with the configuration is for `doctor` to say.
        let (works, place) = (try? await describe(context)) ?? (nil, nil)
        try context.output.json(Document(version: Program.version, works: works, at: place))
        return .done
    }

    /// Where commands work, and what they find there.
    static func describe(_ context: CommandContext) async throws -> (works: String, at: String) {
        switch try Place.choose(context) {
        case .server(let url, _): return ("server", url)
        case .socket(let path):
            let isAnswered = await ServerConnection(socket: path).isAnswered
            if isAnswered { return ("socket", path) }
        case .here: break
        }
        let configuration = try context.configuration()
        return ("here", configuration.databasePlace ?? configuration.dataFolder)
    }
}

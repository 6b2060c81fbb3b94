import API
import FoundationEssentials
import Host
import Log
import Synchronization

/// Runs `slipway login [URL]` and `slipway logout`.
enum LoginCommand {
    private struct Caller: Decodable {
        let actor: String
    }

    static func login(_ context: CommandContext) async throws -> ExitCode {
        guard let given = context.command.string("URL") ?? context.environment["SLIPWAY_URL"], !given.isEmpty else {
            throw UsageError(message: "Say which server: slipway login https://slipway.example.com", command: context.command.path)
        }
        let url = try Place.normalized(given, "URL")
        if url.hasPrefix("http://"), !isThisMachine(url) {
            context.output.note("warning: \(url) is not encrypted: who can read the network can read the token; use https.")
        }
        guard let token = try await token(context), !token.isEmpty else { throw CommandError("No token was given; nothing is kept.") }
        let connection = ServerConnection(url: url, token: token, environment: context.environment)
        let caller: Caller = try await Installation(.server(url: url, token: token), connection).get("me")
        try LoginFile(url: url, token: token).write(context.environment)
        if context.output.isJSON {
            try context.output.json(["url": url, "actor": caller.actor])
        } else {
            context.output.line("Logged in at \(url) as \(Harmless.line(caller.actor)); `slipway logout` forgets it.")
        }
        return .done
    }

    static func logout(_ context: CommandContext) throws -> ExitCode {
        let url = try LoginFile.remove(context.environment)
        if context.output.isJSON {
            try context.output.json(["url": url])
        } else {
            context.output.line(
                url.map { "Logged out of \($0); the token itself works on: `slipway token revoke` ends it." } ?? "Nobody was logged in."
            )
        }
        return .done
    }

    // MARK: - Details

    /// From a file, or typed without being shown.
    private static func token(_ context: CommandContext) async throws -> String? {
        let input = Terminal.standardInput
        if let file = context.command.string("token-file"), file != "-" {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandError("The file \(file) can't be read; check its name and permissions.")
            }
            return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        guard context.command.flag("token-file") || !input.isTerminal else {
            let isWanted = Mutex(true)
            // The terminal shows what is typed again, even after Ctrl-C.
            let interrupts = InterruptHandler(first: { isWanted.withLock { $0 = false } }, again: {})
            defer { interrupts.restore() }
            try? Terminal.standardError.write("Token: ")  // it is read all the same
            let line = input.readSecret { isWanted.withLock { $0 } }
            try? Terminal.standardError.write("\n")  // only for the look
            return line.map { $0.filter { !$0.isWhitespace } }
        }
        return input.readLine().map { $0.filter { !$0.isWhitespace } }
    }

    private static func isThisMachine(_ url: String) -> Bool {
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["localhost", "127.", "[::1]"].contains { host.hasPrefix($0) }
    }
}

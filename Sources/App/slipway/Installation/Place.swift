import FoundationEssentials
import Host
import Log

/// Where a command works; `docs/commands-and-servers.md` says which is taken when.
enum Place: Sendable, Equatable {
    /// In this process, on the data folder or the database.
    case here
    /// Through the server that runs on the data folder.
    case socket(String)
    /// Through a server somewhere.
    case server(url: String, token: String)

    /// Finds it, without asking anybody.
    ///
    /// - Throws: ``UsageError`` for a server without a token, ``CommandError`` for a login that can't be read.
    static func choose(_ context: CommandContext) throws -> Place {
        func value(_ name: String) -> String? { context.environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if context.command.string("data") != nil || value("SLIPWAY_DATABASE_URL") != nil { return .here }
        if let given = value("SLIPWAY_URL") {
            let url = try normalized(given, "SLIPWAY_URL")
            // Another server's token is nobody else's business.
            guard let token = try value("SLIPWAY_TOKEN") ?? LoginFile.read(context.environment).flatMap({ $0.url == url ? $0.token : nil })
            else {
                throw UsageError(message: "SLIPWAY_URL names a server; set SLIPWAY_TOKEN, too, or run `slipway login \(url)`.")
            }
            return .server(url: url, token: token)
        }
        if value("SLIPWAY_DATA") == nil, let login = try LoginFile.read(context.environment) {
            return .server(url: login.url, token: value("SLIPWAY_TOKEN") ?? login.token)
        }
        let socket = "\(try context.configuration().dataFolder)/slipway.sock"
        return FileSystem.exists(socket) ? .socket(socket) : .here
    }

    /// A server's address without a slash at its end.
    ///
    /// - Throws: ``UsageError`` for what is none.
    static func normalized(_ url: String, _ name: String) throws(UsageError) -> String {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !url.contains("?") && !url.contains("#") && !url.contains("@")
        guard isPlain, url.hasPrefix("http://") || url.hasPrefix("https://"), !url.hasSuffix(":/") else {
            throw UsageError(message: "\(name) must be a server's http:// or https:// address, not '\(Harmless.line(url))'.")
        }
        return url
    }
}

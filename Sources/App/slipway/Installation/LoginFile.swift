import API
import FoundationEssentials
import Host

/// The server that `slipway login` remembers, with the token for it; readable by its owner alone.
struct LoginFile: Codable, Sendable {
    let url: String
    let token: String

    /// `$XDG_CONFIG_HOME/slipway/login.json`; nil when there is no home to keep it in.
    static func path(_ environment: [String: String]) -> String? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return "\(folder)/slipway/login.json" }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : "\($0)/.config/slipway/login.json" }
    }

    /// Reads it; nil when nobody is logged in.
    ///
    /// - Throws: ``CommandError`` when it can't be used.
    static func read(_ environment: [String: String]) throws -> LoginFile? {
        guard let path = path(environment), FileSystem.exists(path) else { return nil }
        guard let bytes = try? FileSystem.read(path, limit: 1 << 16), let login: LoginFile = try? JSONDocument.read(bytes) else {
            throw CommandError("The login in \(path) can't be read; run `slipway login` again, or `slipway logout`.")
        }
        return login
    }

    /// Keeps it, in a folder of its owner's.
    ///
    /// - Throws: ``CommandError`` when there is no place for it.
    func write(_ environment: [String: String]) throws {
        guard let path = Self.path(environment) else {
            throw CommandError("Neither XDG_CONFIG_HOME nor HOME is set; there is no place to keep a login.")
        }
        do {
            try FileSystem.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            // Anew: an old one's mode would stay.
            try FileSystem.removeFile(path)
            try FileSystem.write(Array(try JSONDocument.pretty(self).utf8), to: path)
        } catch {
            throw CommandError("The login can't be kept in \(path): \(ErrorText.sentence(of: error))")
        }
    }

    /// Forgets it.
    ///
    /// - Returns: What it was; nil when nobody was logged in.
    static func remove(_ environment: [String: String]) throws -> String? {
        guard let path = path(environment), FileSystem.exists(path) else { return nil }
        // One that can't be read is removed all the same.
        let url = (try? read(environment))?.url ?? ""
        try FileSystem.removeFile(path)
        return url
    }
}

internal import CRedis
internal import FoundationEssentials

/// Where a Redis server is: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]` or `unix:///PATH[?db=DB]`.
package struct RedisLocation: Sendable, Equatable {
    enum Server: Sendable, Equatable {
        case tcp(host: String, port: Int32)
        case socket(path: String)
    }

    let server: Server
    let user: String?
    let password: String?
    let database: Int

    /// Reads an address.
    ///
    /// - Throws: ``RedisError/Reason/invalidLocation(_:)`` with what to write instead, or when hiredis is missing.
    package static func parse(_ text: String) throws(RedisError) -> RedisLocation {
        // Every way to a server begins here.
        if let fault = slipway_load_hiredis() { throw RedisError(.invalidLocation(String(cString: fault))) }
        if text.hasPrefix("rediss://") {
            throw RedisError(
                .invalidLocation("TLS to Redis (rediss://) is not supported: use a Unix socket, or a TLS tunnel on this machine")
            )
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let components = URLComponents(string: text) else { throw wrong }
        let user = components.user.flatMap { $0.isEmpty ? nil : $0 }
        let password = components.password.flatMap { $0.isEmpty ? nil : $0 }
        if user != nil && password == nil {
            throw RedisError(.invalidLocation("a Redis password stands behind a colon: redis://:PASSWORD@HOST"))
        }
        switch components.scheme {
        case "redis":
            guard let host = components.host, !host.isEmpty, components.query == nil else { throw wrong }
            let port = components.port ?? 6379
            guard (1...65535).contains(port) else { throw wrong }
            let database = components.path.drop { $0 == "/" }
            let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            return RedisLocation(
                server: .tcp(host: bare, port: Int32(port)),
                user: user,
                password: password,
                database: try number(String(database))
            )
        case "unix":
            // The path of a socket has at most 107 bytes; unix(7).
            guard components.path.hasPrefix("/"), (2...107).contains(components.path.utf8.count) else { throw wrong }
            let options = components.query.map { $0.split(separator: "=", omittingEmptySubsequences: false) } ?? []
            guard options.isEmpty || (options.count == 2 && options[0] == "db") else { throw wrong }
            return RedisLocation(
                server: .socket(path: components.path),
                user: user,
                password: password,
                database: try number(options.last.map(String.init) ?? "")
            )
        default: throw wrong
        }
    }

    private static func number(_ text: String) throws(RedisError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = Int(text), (0...9999).contains(number) else { throw wrong }
        return number
    }

    private static var wrong: RedisError {
        RedisError(.invalidLocation("write the address of Redis as redis://:PASSWORD@HOST:PORT/DB or unix:///PATH"))
    }
}

extension RedisLocation: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without user and password: fit for logs.
    package var description: String {
        switch server {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): path
        }
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

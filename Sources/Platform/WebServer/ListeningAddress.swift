/// Where a running server is reached.
package enum ListeningAddress: Sendable, Hashable, CustomStringConvertible {
    case tcp(host: String, port: Int, isEncrypted: Bool)
    case unix(path: String)

    /// The port; nil for a Unix socket.
    package var port: Int? {
        if case .tcp(_, let port, _) = self { return port }
        return nil
    }

    /// As a URL: `http://127.0.0.1:8080`, `unix:/var/lib/slipway/slipway.sock`.
    package var description: String {
        switch self {
        case .tcp(let host, let port, let isEncrypted):
            "\(isEncrypted ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

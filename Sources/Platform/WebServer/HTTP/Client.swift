/// Where a request came from.
package struct Client: Sendable, Hashable {
    /// An IP address as text, or `unix` for the Unix socket.
    package var address: String
    /// `http` or `https`, as the client used it.
    package var scheme: String
    /// The host and port that the client asked, from `Host` or a trusted proxy's `X-Forwarded-Host`; empty when it said none (HTTP/1.0).
    package var host: String
    /// The user at the other end of a Unix socket; nil on TCP.
    package var localUser: UInt32?

    package init(address: String = "127.0.0.1", scheme: String = "http", host: String = "localhost", localUser: UInt32? = nil) {
        self.address = address
        self.scheme = scheme
        self.host = host
        self.localUser = localUser
    }
}

/// Where a server listens for SSH.
package struct SSHAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an IPv4 or IPv6 address without brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int = 22) {
        self.host = host
        self.port = port
    }

    /// `host:port`, the host in brackets when it has colons.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

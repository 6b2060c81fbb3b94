/// A place where clients connect.
package enum Listener: Sendable, Hashable {
    /// An address or a name of this machine; port 0 is a free one. An IPv6 address stands without brackets.
    case tcp(host: String, port: Int, tls: TLSFiles? = nil)
    /// A socket in the file system, at most 107 bytes long; only this user may use it. One that a dead server left is replaced.
    case unix(path: String)
}

/// Where the certificate with its chain, and its key, lie; both PEM.
package struct TLSFiles: Sendable, Hashable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

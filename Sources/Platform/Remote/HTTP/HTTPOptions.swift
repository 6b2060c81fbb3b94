/// How an ``HTTPClient`` connects.
package struct HTTPOptions: Sendable {
    /// The most connections at a time; further requests wait in the order they came.
    package var connections = 8
    /// The most requests that wait; further ones are refused.
    package var waiting = 1024
    /// For looking the name up, connecting, and TLS.
    package var connectTimeout: Duration = .seconds(10)
    /// After this long with less than one byte a second the transfer is given up.
    package var stallTimeout: Duration = .seconds(30)
    /// A file of PEM certificates to trust instead of the system's, for servers with a certificate of one's own authority.
    package var certificateFile: String?
    /// Connect to this Unix socket, whatever host the URL names, and through no proxy.
    package var unixSocket: String?
    package var userAgent = "slipway"

    package init() {}
}

/// How patient a connection is.
package struct SSHOptions: Sendable {
    /// Until the server is reached and both ends have agreed on keys.
    package var connectTimeout: Duration = .seconds(10)
    package var authenticationTimeout: Duration = .seconds(15)
    /// After so long without a byte the server is asked for one; after three times that, the connection counts as lost.
    package var keepAlive: Duration = .seconds(15)

    package init() {}
}

package import Sealing

/// The public key by which a server is known.
package typealias SSHHostKey = SSHPublicKey

/// Which servers are believed to be the right one.
package enum SSHHostKeyPolicy: Sendable {
    /// One that has one of these keys; of several kinds that the server has, it is asked for a pinned one.
    case pinned([SSHHostKey])
    /// Any: the caller pins ``SSHConnection/hostKey`` afterwards.
    case firstUse
}

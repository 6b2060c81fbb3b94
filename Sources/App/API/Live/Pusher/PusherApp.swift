internal import Sealing

/// What clients of the Pusher protocol know this installation by, and what proves that it let them in.
///
/// All processes of an installation need the same one.
package struct PusherApp: Sendable {
    /// Public: stands in the address that clients connect to.
    package let key: String
    private let secret: [UInt8]

    /// Makes an app.
    ///
    /// - Parameters:
    ///   - key: A–Z, a–z, 0–9, `-` and `_`.
    ///   - secret: 32 random bytes that never leave the server.
    package init(key: String, secret: [UInt8]) {
        self.key = key
        self.secret = secret
    }

    /// `key:hex`, as clients hand it over to subscribe.
    ///
    /// - SeeAlso: <https://pusher.com/docs/channels/library_auth_reference/auth-signatures/>
    func signature(socket: String, channel: String, channelData: String?) -> String {
        let message = [socket, channel, channelData].compactMap(\.self).joined(separator: ":")
        return "\(key):\(Hexadecimal.text(HMAC.sha256(Array(message.utf8), key: secret)))"
    }

    /// Whether this server has signed that a socket may subscribe.
    func accepts(_ signature: String?, socket: String, channel: String, channelData: String?) -> Bool {
        guard let signature else { return false }
        let right = self.signature(socket: socket, channel: channel, channelData: channelData)
        return HMAC.isEqual(Array(signature.utf8), Array(right.utf8))
    }
}

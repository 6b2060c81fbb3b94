internal import Access
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

    /// `key:hex:subject`, as clients hand it over to subscribe, unread.
    ///
    /// Pusher's own is `key:hex`. The subject is signed along, before the channel's data: where a subscription is, its socket is, its right
    /// to be there can be asked about again, also by a process that has never seen who asked for the signature.
    ///
    /// - SeeAlso: <https://pusher.com/docs/channels/library_auth_reference/auth-signatures/>
    func signature(socket: String, channel: String, subject: Subject, channelData: String?) -> String {
        let message = [socket, channel, subject.text, channelData].compactMap(\.self).joined(separator: ":")
        return "\(key):\(hex(of: message)):\(subject.text)"
    }

    /// For whom this installation has signed that a socket may subscribe; nil when it has not.
    func subject(of signature: String?, socket: String, channel: String, channelData: String?) -> Subject? {
        guard let signature, let colon = signature.lastIndex(of: ":"), let subject = Subject(signature[colon...].dropFirst()) else {
            return nil
        }
        let right = self.signature(socket: socket, channel: channel, subject: subject, channelData: channelData)
        return HMAC.isEqual(Array(signature.utf8), Array(right.utf8)) ? subject : nil
    }

    func hex(of message: String) -> String { Hexadecimal.text(HMAC.sha256(Array(message.utf8), key: secret)) }
}

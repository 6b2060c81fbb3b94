/// A public key of SSH: a server's, that is pinned, or a user's, that is let in.
///
/// - SeeAlso: RFC 4253, section 6.6; RFC 4716 for what a key is; sshd(8) for the line
package struct SSHPublicKey: Hashable, Sendable, CustomStringConvertible {
    /// `ssh-ed25519 AAAA…`: kind and base64 with one space between, without options and comment.
    package let text: String
    /// The SHA-256 of the key as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
    package let fingerprint: String

    /// Reads one line: kind, base64 and, if there is one, a comment, which is dropped.
    ///
    /// - Throws: ``SealingError/Reason/invalidArgument(_:)`` when that is no public key, or the kind within it is another one.
    package init(text: String) throws(SealingError) {
        let words = text.utf8.split(whereSeparator: {
            [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0)
        })
        guard words.count >= 2, let kind = String(words[0]), let bytes = Base64.decode(words[1]), !bytes.isEmpty else {
            throw SealingError(.invalidArgument("a public key is one line like `ssh-ed25519 AAAA…`"))
        }
        guard bytes.withUnsafeBytes({ Self.kind(in: $0) }) == kind else {
            throw SealingError(.invalidArgument("the public key is not of the kind \(kind) that it begins with"))
        }
        self.init(kind: kind, bytes: bytes)
    }

    /// A key from the bytes that travel, which begin with their kind.
    package init(kind: String, bytes: [UInt8]) {
        text = "\(kind) \(String(decoding: bytes.withUnsafeBytes(Base64.encode), as: UTF8.self))"
        let hash = SHA256.hash(bytes).withUnsafeBytes(Base64.encode).filter { $0 != UInt8(ascii: "=") }
        fingerprint = "SHA256:\(String(decoding: hash, as: UTF8.self))"
    }

    /// What it is, as `ssh-ed25519` or `ssh-rsa`.
    package var kind: String { String(text.prefix { $0 != " " }) }

    package var description: String { text }

    private static func kind(in bytes: UnsafeRawBufferPointer) -> String? {
        var reader = SSHReader(bytes)
        return reader.text()
    }
}

package import Sealing

/// A private key for logging in: ed25519 or RSA, from memory.
///
/// The key lies in memory once, in OpenSSL's hands, and is wiped when this object goes. It has no description.
package final class SSHPrivateKey: Sendable {
    /// Its public part, as it belongs into authorized_keys.
    package let publicKey: SSHPublicKey

    /// Reads a private key without a passphrase.
    ///
    /// - Parameter text: OpenSSH's own format, or PEM (PKCS #8 or PKCS #1). The caller wipes it.
    /// - Throws: ``SSHError/Reason/badKey(_:)``, which holds nothing of the text.
    package init(_ text: [UInt8]) throws(SSHError) {
        throw SSHError(.badKey("it can't be read yet"), address: nil)
    }
}

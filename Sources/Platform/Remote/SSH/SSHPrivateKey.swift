internal import COpenSSL
package import Sealing

/// A private key for logging in: ed25519 or RSA, from memory.
///
/// The key lies in memory once, in OpenSSL's hands, and is wiped when this object goes. It has no description.
package final class SSHPrivateKey: @unchecked Sendable {
    /// Its public part, as it belongs into authorized_keys.
    package let publicKey: SSHPublicKey

    // @unchecked: nothing changes the key after init, and OpenSSL lets any thread read it.
    private let key: OpaquePointer

    /// Reads a private key without a passphrase.
    ///
    /// - Parameter text: OpenSSH's own format, or PEM (PKCS #8 or PKCS #1). The caller wipes it.
    /// - Throws: ``SSHError/Reason/badKey(_:)``, which holds nothing of the text.
    package init(_ text: [UInt8]) throws(SSHError) {
        let key = try text.withUnsafeBufferPointer { bytes -> Result<OpaquePointer, SSHKeyFault> in
            Result { () throws(SSHKeyFault) in try SSHPrivateKeyText.read(UnsafeRawBufferPointer(bytes)) }
        }.badKey()
        do throws(SSHKeyFault) {
            publicKey = try SSHPrivateKeyText.publicKey(of: key)
        } catch {
            EVP_PKEY_free(key)
            throw SSHError(.badKey(error.why), address: nil)
        }
        self.key = key
    }

    // OpenSSL overwrites the key.
    deinit { EVP_PKEY_free(key) }

    /// Lends the key as PEM text that ends with a zero; it is wiped afterwards.
    func withPEM<Value>(_ body: (UnsafePointer<CChar>) -> Value) throws(SSHError) -> Value {
        // What lies in a memory BIO of this kind is overwritten when it moves and when it is freed.
        guard let bio = BIO_new(BIO_s_secmem()) else { throw SSHError(.failed("out of memory"), address: nil) }
        defer { BIO_free(bio) }
        var text: UnsafeMutablePointer<CChar>?
        guard PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1, BIO_write(bio, [0], 1) == 1,
            slipway_bio_memory(bio, &text) > 0, let text
        else { throw SSHError(.failed("OpenSSL can't write a private key"), address: nil) }
        return body(text)
    }
}

extension Result where Failure == SSHKeyFault {
    fileprivate func badKey() throws(SSHError) -> Success {
        do throws(SSHKeyFault) {
            return try get()
        } catch {
            throw SSHError(.badKey(error.why), address: nil)
        }
    }
}

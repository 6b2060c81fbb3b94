internal import COpenSSL
internal import Host
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

    /// Lends the key as text that libssh reads, with a zero behind it; it is wiped afterwards.
    func withText<Value>(_ body: (UnsafePointer<CChar>) -> Value) throws(SSHError) -> Value {
        // libssh 0.10 reads an ed25519 key in PKCS #8, but then has no public half of it and can't log in.
        slipway_pkey_is(key, EVP_PKEY_ED25519) == 1 ? try withOpenSSH(body) : try withPEM(body)
    }

    private func withOpenSSH<Value>(_ body: (UnsafePointer<CChar>) -> Value) throws(SSHError) -> Value {
        let seed = SecretBytes(count: 32) { target in
            var count = target.count
            _ = EVP_PKEY_get_raw_private_key(key, target.bindMemory(to: UInt8.self).baseAddress, &count)
        }
        var text: [UInt8]
        do throws(SealingError) {
            text = try SSHKeyPair.openSSHText(seed: seed, comment: []).text
        } catch {
            throw SSHError(.failed("\(error)"), address: nil)
        }
        defer {
            text.wipe()
            // libssh frees what it decodes without overwriting it.
            Heap.overwriteFreed()
        }
        // There is room behind the text, so that it isn't moved.
        text.append(0)
        guard let value = text.withUnsafeBytes({ $0.bindMemory(to: CChar.self).baseAddress.map(body) }) else {
            throw SSHError(.failed("out of memory"), address: nil)
        }
        return value
    }

    private func withPEM<Value>(_ body: (UnsafePointer<CChar>) -> Value) throws(SSHError) -> Value {
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

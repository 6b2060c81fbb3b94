internal import COpenSSL

/// Makes key pairs for logging in by SSH.
package enum SSHKeyPair {
    /// Makes an ed25519 pair as `ssh-keygen -t ed25519` does, without a passphrase.
    ///
    /// - Parameter comment: What stands behind the public key, to tell it from others; control characters become spaces.
    /// - Returns: The private key, OpenSSH's PEM text, which the caller seals and then wipes; the public key as one line with the comment.
    /// - Throws: ``SealingError`` when the generator has no seed.
    /// - SeeAlso: <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key>
    package static func generate(comment: String) throws(SealingError) -> (privateKey: [UInt8], publicKey: String) {
        let seed = try SecretBytes.random(count: 32)
        let comment = String(comment.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : Character($0) })
        let (text, key) = try openSSHText(seed: seed, comment: Array(comment.utf8))
        return (text, comment.isEmpty ? key.text : "\(key.text) \(comment)")
    }

    /// The file that OpenSSH keeps an ed25519 key in.
    ///
    /// - Parameters:
    ///   - seed: The key's 32 bytes.
    ///   - comment: UTF-8.
    /// - Returns: The text, which the caller wipes, and the public key.
    /// - Throws: ``SealingError`` when OpenSSL has no ed25519.
    package static func openSSHText(
        seed: borrowing SecretBytes,
        comment: [UInt8]
    ) throws(SealingError) -> (text: [UInt8], publicKey: SSHPublicKey) {
        let check = try RandomBytes.make(count: 4)
        let point = try publicPoint(of: seed)
        var outer = SSHWriter(capacity: 128)
        outer.append(Array(kind.utf8))
        outer.append(point)

        // Both buffers are as large as needed from the start: a growing array leaves copies of the seed behind.
        var inner = SSHWriter(capacity: 256 + comment.count)
        defer { inner.wipe() }
        inner.append(raw: check + check)
        inner.append(Array(kind.utf8))
        inner.append(point)
        inner.append(UInt32(64))
        seed.withBytes { inner.append(raw: $0) }
        inner.append(raw: point)
        inner.append(comment)
        // Filled up to the cipher's blocks, which for none are 8 bytes, with 1, 2, 3 …
        inner.append(raw: (1..<8).prefix((8 - inner.bytes.count % 8) % 8).map { UInt8($0) })

        var file = SSHWriter(capacity: 512 + comment.count)
        defer { file.wipe() }
        file.append(raw: Array("openssh-key-v1\0".utf8))
        file.append(Array("none".utf8))
        file.append(Array("none".utf8))
        file.append([])
        file.append(UInt32(1))
        file.append(outer.bytes)
        file.append(UInt32(inner.bytes.count))
        inner.bytes.withUnsafeBytes { file.append(raw: $0) }
        return (armored(file.bytes), SSHPublicKey(kind: kind, bytes: outer.bytes))
    }

    private static let kind = "ssh-ed25519"

    private static func publicPoint(of seed: borrowing SecretBytes) throws(SealingError) -> [UInt8] {
        let key = seed.withBytes {
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)
        }
        guard let key else { throw .openSSL("EVP_PKEY_new_raw_private_key") }
        defer { EVP_PKEY_free(key) }
        var point = [UInt8](repeating: 0, count: 32)
        var count = point.count
        guard EVP_PKEY_get_raw_public_key(key, &point, &count) == 1, count == 32 else { throw .openSSL("EVP_PKEY_get_raw_public_key") }
        return point
    }

    private static func armored(_ bytes: [UInt8]) -> [UInt8] {
        var base64 = bytes.withUnsafeBytes(Base64.encode)
        defer { base64.wipe() }
        var text: [UInt8] = []
        text.reserveCapacity(base64.count + base64.count / 70 + 100)
        text += Array("-----BEGIN OPENSSH PRIVATE KEY-----\n".utf8)
        for start in stride(from: 0, to: base64.count, by: 70) {
            text += base64[start..<min(start + 70, base64.count)]
            text.append(UInt8(ascii: "\n"))
        }
        text += Array("-----END OPENSSH PRIVATE KEY-----\n".utf8)
        return text
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros, in place when no other copy shares them; the optimizer can't leave it out.
    package mutating func wipe() {
        withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

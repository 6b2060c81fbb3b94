internal import COpenSSL
internal import Sealing

/// Why a private key can't be read, without any of it.
struct SSHKeyFault: Error {
    let why: String

    init(_ why: String) { self.why = why }

    static var damaged: SSHKeyFault { SSHKeyFault("it is damaged") }
    static var protected: SSHKeyFault { SSHKeyFault("it is protected by a passphrase: give one without") }
    static var memory: SSHKeyFault { SSHKeyFault("out of memory") }

    static func kind(_ kind: String) -> SSHKeyFault { SSHKeyFault("it is of the kind \(kind): only ed25519 and RSA keys are taken") }
}

/// Reads private keys in both formats that `ssh-keygen` and Terraform's providers write.
///
/// libssh could read them by itself, but leaves what it decodes in memory that it has freed.
enum SSHPrivateKeyText {
    /// The key that the text holds, for EVP_PKEY_free.
    static func read(_ text: UnsafeRawBufferPointer) throws(SSHKeyFault) -> OpaquePointer {
        if let body = text.between("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----") {
            return try readOpenSSH(body)
        }
        guard text.between("-----BEGIN ", "PRIVATE KEY-----") != nil else {
            throw SSHKeyFault("it is no private key in OpenSSH's format or in PEM")
        }
        guard let bio = BIO_new_mem_buf(text.baseAddress, Int32(clamping: text.count)) else { throw .memory }
        defer { BIO_free(bio) }
        // Without a function of ours OpenSSL would ask the terminal for the passphrase; `context` says whether it wanted one.
        var wantsPassphrase = false
        let key = PEM_read_bio_PrivateKey(
            bio,
            nil,
            { _, _, _, context in
                context?.assumingMemoryBound(to: Bool.self).pointee = true
                return -1
            },
            &wantsPassphrase
        )
        ERR_clear_error()
        guard let key else { throw wantsPassphrase ? .protected : .damaged }
        return key
    }

    /// The public part of an ed25519 or RSA key.
    static func publicKey(of key: OpaquePointer) throws(SSHKeyFault) -> SSHPublicKey {
        var writer = SSHWriter()
        if slipway_pkey_is(key, EVP_PKEY_ED25519) == 1 {
            var point = [UInt8](repeating: 0, count: 32)
            var count = point.count
            guard EVP_PKEY_get_raw_public_key(key, &point, &count) == 1, count == 32 else { throw .damaged }
            writer.append(Array("ssh-ed25519".utf8))
            writer.append(point)
            return SSHPublicKey(kind: "ssh-ed25519", bytes: writer.bytes)
        }
        guard slipway_pkey_is(key, EVP_PKEY_RSA) == 1 else {
            throw .kind(EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown")
        }
        // libssh takes none below 1024 bits, and OpenSSH none below that since 9.1.
        guard EVP_PKEY_get_bits(key) >= 1024 else { throw SSHKeyFault("it is an RSA key of \(EVP_PKEY_get_bits(key)) bits: use 3072") }
        writer.append(Array("ssh-rsa".utf8))
        for name in ["e", "n"] {
            var number: OpaquePointer?
            guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { throw .damaged }
            defer { BN_free(number) }
            var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(number)) + 7) / 8)
            BN_bn2bin(number, &bytes)
            // A first bit of 1 would make the number negative.
            writer.append((bytes.first ?? 0) >= 128 ? [0] + bytes : bytes)
        }
        return SSHPublicKey(kind: "ssh-rsa", bytes: writer.bytes)
    }

    // MARK: - OpenSSH's format

    /// - SeeAlso: <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key>
    private static func readOpenSSH(_ base64: UnsafeRawBufferPointer) throws(SSHKeyFault) -> OpaquePointer {
        let digits = base64.lazy.filter { !$0.isWhiteSpace }
        let digitCount = digits.count
        guard digitCount > 0, digitCount % 4 == 0 else { throw .damaged }
        let compact = SecretBytes(count: digitCount) { target in
            for (index, digit) in digits.enumerated() { target[index] = digit }
        }
        var isDecoded = false
        let file = SecretBytes(count: digitCount / 4 * 3) { target in
            isDecoded = compact.withBytes { source in
                // Its result counts the bytes that the padding stands for, which is why trailing bytes are not looked at below.
                EVP_DecodeBlock(
                    target.bindMemory(to: UInt8.self).baseAddress,
                    source.bindMemory(to: UInt8.self).baseAddress,
                    Int32(clamping: digitCount)
                ) >= 0
            }
        }
        guard isDecoded else { throw .damaged }
        return try file.withBytes { (bytes) throws(SSHKeyFault) in try readContainer(bytes) }
    }

    private static func readContainer(_ bytes: UnsafeRawBufferPointer) throws(SSHKeyFault) -> OpaquePointer {
        var reader = SSHReader(bytes)
        guard reader.raw(count: 15).map({ $0.elementsEqual("openssh-key-v1\0".utf8) }) == true,
            let cipher = reader.text(), reader.field() != nil, reader.field() != nil, reader.number() == 1, reader.field() != nil,
            let secret = reader.field()
        else { throw .damaged }
        guard cipher == "none" else { throw .protected }
        var inner = SSHReader(secret)
        guard let check = inner.number(), inner.number() == check, let kind = inner.text() else { throw .damaged }
        switch kind {
        case "ssh-ed25519":
            guard inner.field() != nil, let pair = inner.field(), pair.count == 64,
                let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, pair.bindMemory(to: UInt8.self).baseAddress, 32)
            else { throw .damaged }
            return key
        case "ssh-rsa":
            guard let n = inner.field(), let e = inner.field(), let d = inner.field(), let inverse = inner.field(), let p = inner.field(),
                let q = inner.field()
            else { throw .damaged }
            return try RSANumbers(n: n, e: e, d: d, inverse: inverse, p: p, q: q).key()
        default: throw .kind(kind)
        }
    }
}

extension UInt8 {
    fileprivate var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

extension UnsafeRawBufferPointer {
    /// What stands between two words.
    fileprivate func between(_ begin: String, _ end: String) -> UnsafeRawBufferPointer? {
        guard let start = position(of: begin, from: 0), let stop = position(of: end, from: start + begin.utf8.count) else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[(start + begin.utf8.count)..<stop])
    }

    private func position(of word: String, from start: Int) -> Int? {
        guard count - start >= word.utf8.count else { return nil }
        return (start...(count - word.utf8.count)).first { self[$0...].starts(with: word.utf8) }
    }
}

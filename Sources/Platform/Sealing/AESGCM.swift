internal import COpenSSL

/// AES-256 in Galois/Counter Mode, with nonces of 96 and tags of 128 bits.
///
/// - SeeAlso: NIST SP 800-38D
package enum AESGCM {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    /// Encrypts and authenticates.
    ///
    /// - Parameters:
    ///   - plain: At most 64 GiB.
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes, never used twice with one key.
    ///   - associated: Authenticated with it, but not part of the result.
    /// - Returns: The ciphertext, as long as `plain`, and the tag of 16 bytes.
    /// - Throws: ``SealingError`` for a key or nonce of another length.
    package static func seal(
        _ plain: [UInt8],
        key: borrowing SecretBytes,
        nonce: [UInt8],
        associated: [UInt8] = []
    ) throws(SealingError) -> [UInt8] {
        try [UInt8](capacity: plain.count + tagSize) { (output) throws(SealingError) in
            try plain.withBytes { (plain) throws(SealingError) in
                try encrypt(plain, into: output, key: key, nonce: nonce, associated: associated)
            }
            return plain.count + tagSize
        }
    }

    /// Checks and decrypts what ``seal(_:key:nonce:associated:)`` made.
    ///
    /// - Throws: ``SealingError/Reason/damaged`` when key, nonce, associated data, a byte or the length is another.
    package static func open(
        _ sealed: [UInt8],
        key: borrowing SecretBytes,
        nonce: [UInt8],
        associated: [UInt8] = []
    ) throws(SealingError) -> [UInt8] {
        guard sealed.count >= tagSize else { throw SealingError(.damaged) }
        return try [UInt8](capacity: sealed.count - tagSize) { (output) throws(SealingError) in
            try sealed.withBytes { (sealed) throws(SealingError) in
                try decrypt(sealed, into: output, key: key, nonce: nonce, associated: associated)
            }
            return sealed.count - tagSize
        }
    }

    // MARK: - In the caller's memory

    /// Encrypts `plain` into `output`, which takes the tag of 16 bytes too; both may begin at the same address.
    static func encrypt(
        _ plain: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        key: borrowing SecretBytes,
        nonce: [UInt8],
        associated: [UInt8]
    ) throws(SealingError) {
        precondition(output.count >= plain.count + tagSize)
        let cipher = try Cipher()
        try cipher.begin(encrypts: true, key: key, nonce: nonce)
        try cipher.associate(associated)
        try cipher.update(plain, into: output)
        try cipher.finish(tagAt: UnsafeMutableRawBufferPointer(rebasing: output[plain.count...].prefix(tagSize)))
    }

    /// Decrypts all of `sealed` but its tag of 16 bytes into `output`, which is wiped when the tag does not fit.
    static func decrypt(
        _ sealed: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        key: borrowing SecretBytes,
        nonce: [UInt8],
        associated: [UInt8]
    ) throws(SealingError) {
        let bodyCount = sealed.count - tagSize
        precondition(bodyCount >= 0 && output.count >= bodyCount)
        let cipher = try Cipher()
        try cipher.begin(encrypts: false, key: key, nonce: nonce)
        try cipher.associate(associated)
        try cipher.update(UnsafeRawBufferPointer(rebasing: sealed[..<bodyCount]), into: output)
        guard try cipher.verify(tag: UnsafeRawBufferPointer(rebasing: sealed[bodyCount...])) else {
            OPENSSL_cleanse(output.baseAddress, bodyCount)
            throw SealingError(.damaged)
        }
    }
}

/// One run of OpenSSL's cipher.
private struct Cipher: ~Copyable {
    private let context: OpaquePointer

    init() throws(SealingError) {
        guard let context = EVP_CIPHER_CTX_new() else { throw .openSSL("EVP_CIPHER_CTX_new") }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func begin(encrypts: Bool, key: borrowing SecretBytes, nonce: [UInt8]) throws(SealingError) {
        guard key.count == AESGCM.keySize else { throw SealingError(.invalidArgument("the key must have 32 bytes")) }
        guard nonce.count == AESGCM.nonceSize else { throw SealingError(.invalidArgument("the nonce must have 12 bytes")) }
        let started = key.withBytes { key in
            let key = key.assumingMemoryBound(to: UInt8.self).baseAddress
            return EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce, encrypts ? 1 : 0)
        }
        guard started == 1 else { throw .openSSL("EVP_CipherInit_ex") }
    }

    func associate(_ bytes: [UInt8]) throws(SealingError) {
        guard !bytes.isEmpty else { return }
        var written: Int32 = 0
        guard EVP_CipherUpdate(context, nil, &written, bytes, Int32(bytes.count)) == 1 else { throw .openSSL("EVP_CipherUpdate") }
    }

    func update(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(SealingError) {
        // A call takes an Int32 of bytes.
        let step = 1 << 30
        var offset = 0
        while offset < input.count {
            let count = min(step, input.count - offset)
            let source = input.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            let target = output.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            var written: Int32 = 0
            guard EVP_CipherUpdate(context, target, &written, source, Int32(count)) == 1 else { throw .openSSL("EVP_CipherUpdate") }
            offset += count
        }
    }

    func finish(tagAt tag: UnsafeMutableRawBufferPointer) throws(SealingError) {
        var written: Int32 = 0
        var nothing: UInt8 = 0
        guard EVP_CipherFinal_ex(context, &nothing, &written) == 1 else { throw .openSSL("EVP_CipherFinal_ex") }
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress) == 1 else {
            throw .openSSL("EVP_CTRL_AEAD_GET_TAG")
        }
    }

    func verify(tag: UnsafeRawBufferPointer) throws(SealingError) -> Bool {
        let expected = UnsafeMutableRawPointer(mutating: tag.baseAddress)  // only read; the parameter serves both directions
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), expected) == 1 else {
            throw .openSSL("EVP_CTRL_AEAD_SET_TAG")
        }
        var written: Int32 = 0
        var nothing: UInt8 = 0
        let isGenuine = EVP_CipherFinal_ex(context, &nothing, &written) == 1
        ERR_clear_error()
        return isGenuine
    }
}

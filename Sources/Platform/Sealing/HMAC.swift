internal import COpenSSL

/// Signs with a shared secret: HMAC with SHA-256.
///
/// - SeeAlso: RFC 2104; FIPS 198-1
package enum HMAC {
    /// The 32 bytes that only the holder of the key can make for a message.
    package static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { code, count in
            var length = 0
            // A null pointer would mean an own buffer of the library's, so that an empty key or message is given one byte of no length.
            let made = EVP_Q_mac(
                nil,
                "HMAC",
                nil,
                "SHA256",
                nil,
                key.isEmpty ? [0] : key,
                key.count,
                message.isEmpty ? [0] : message,
                message.count,
                code.baseAddress,
                code.count,
                &length
            )
            guard made != nil, length == SHA256.byteCount else { fatalError("OpenSSL has no HMAC with SHA-256") }
            count = length
        }
    }

    /// Whether two codes are the same; takes as long for those that nearly are.
    package static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }
}

internal import COpenSSL

/// Derives a key from a passphrase, slowly: PBKDF2 with HMAC-SHA-256.
///
/// - SeeAlso: RFC 8018, section 5.2
package enum PBKDF2 {
    /// OWASP's advice of 2023 for HMAC-SHA-256; about a quarter of a second.
    package static let recommendedIterations = 600_000

    /// Derives one key; blocks for as long as it takes.
    ///
    /// - Parameters:
    ///   - passphrase: What a person types.
    ///   - salt: Not secret, at least 16 random bytes.
    ///   - iterations: At least 1.
    ///   - count: The key's length in bytes.
    /// - Returns: The key.
    /// - Throws: ``SealingError`` for a number out of range.
    package static func derive(
        from passphrase: borrowing SecretBytes,
        salt: [UInt8],
        iterations: Int = recommendedIterations,
        count: Int
    ) throws(SealingError) -> SecretBytes {
        guard (1...Int(Int32.max)).contains(iterations), count > 0 else {
            throw SealingError(.invalidArgument("PBKDF2 needs at least one iteration and one byte"))
        }
        return try SecretBytes(count: count) { (output) throws(SealingError) in
            let done = passphrase.withBytes { passphrase in
                PKCS5_PBKDF2_HMAC(
                    passphrase.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(passphrase.count),
                    salt,
                    Int32(salt.count),
                    Int32(iterations),
                    EVP_sha256(),
                    Int32(count),
                    output.assumingMemoryBound(to: UInt8.self).baseAddress
                )
            }
            guard done == 1 else { throw .openSSL("PKCS5_PBKDF2_HMAC") }
        }
    }
}

internal import COpenSSL

/// Derives keys from a key: HKDF with HMAC-SHA-256.
///
/// - SeeAlso: RFC 5869
package enum HKDF {
    /// Derives one key.
    ///
    /// - Parameters:
    ///   - secret: The key to derive from.
    ///   - salt: Not secret; may be empty.
    ///   - info: What the new key is for; another purpose gives an unrelated key.
    ///   - count: Its length in bytes, at most 8160.
    /// - Returns: The key.
    /// - Throws: ``SealingError`` for a length out of range.
    package static func derive(
        from secret: borrowing SecretBytes,
        salt: [UInt8] = [],
        info: [UInt8],
        count: Int
    ) throws(SealingError) -> SecretBytes {
        guard (1...8160).contains(count) else { throw SealingError(.invalidArgument("HKDF gives 1 to 8160 bytes")) }
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else { throw .openSSL("EVP_PKEY_CTX_new_id") }
        defer { EVP_PKEY_CTX_free(context) }
        return try SecretBytes(count: count) { (output) throws(SealingError) in
            let done = secret.withBytes { secret in
                var length = count
                // A null salt or info is refused; a pointer with length 0 is not.
                return EVP_PKEY_derive_init(context) == 1
                    && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
                    && EVP_PKEY_CTX_set1_hkdf_salt(context, salt.isEmpty ? [0] : salt, Int32(salt.count)) == 1
                    && EVP_PKEY_CTX_set1_hkdf_key(context, secret.assumingMemoryBound(to: UInt8.self).baseAddress, Int32(secret.count)) == 1
                    && EVP_PKEY_CTX_add1_hkdf_info(context, info.isEmpty ? [0] : info, Int32(info.count)) == 1
                    && EVP_PKEY_derive(context, output.assumingMemoryBound(to: UInt8.self).baseAddress, &length) == 1
                    && length == count
            }
            guard done else { throw .openSSL("HKDF") }
        }
    }
}

internal import COpenSSL

/// MD5, for the `Content-MD5` of protocols that have nothing better; it protects against accidents, not against people.
///
/// - SeeAlso: RFC 1864
package enum MD5 {
    /// The 16 bytes of the hash; nil where OpenSSL has no MD5, as in FIPS mode.
    package static func hash(_ bytes: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else { return nil }
        let isTaken = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
        guard isTaken else { return nil }
        return [UInt8](unsafeUninitializedCapacity: 16) { digest, count in
            count = EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1 ? 16 : 0
        }
    }
}

internal import COpenSSL

/// SHA-256.
///
/// - SeeAlso: FIPS 180-4
package enum SHA256 {
    package static let byteCount = 32

    /// The 32 bytes of the hash.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The hash as 64 lower-case hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String { Hexadecimal.text(hash(bytes)) }

    static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = Incremental()
        hasher.update(bytes)
        return hasher.finish()
    }

    /// Hashes what comes in pieces.
    package struct Incremental: ~Copyable {
        // Looked up once: EVP_sha256() is looked up at each beginning. OpenSSL never changes it, and any thread may use it.
        nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
        private let context: OpaquePointer

        package init() {
            // Fails only when no memory is left, or OpenSSL was built without SHA-256.
            guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, Self.algorithm, nil) == 1 else {
                fatalError("OpenSSL has no SHA-256")
            }
            self.context = context
        }

        deinit { EVP_MD_CTX_free(context) }

        package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

        package mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

        mutating func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

        /// The 32 bytes of the hash; nothing can be added after.
        package consuming func finish() -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { digest, count in
                EVP_DigestFinal_ex(context, digest.baseAddress, nil)
                count = SHA256.byteCount
            }
        }
    }
}

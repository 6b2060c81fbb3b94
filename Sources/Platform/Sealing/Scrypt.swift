internal import COpenSSL

/// Derives bytes from a password, slowly and with much memory: scrypt.
///
/// - SeeAlso: RFC 7914
package enum Scrypt {
    /// How much work one derivation is: 128 · 2^`logN` · `r` bytes of memory, and time for `p` such rounds.
    package struct Cost: Sendable, Hashable {
        package let logN: Int
        package let r: Int
        package let p: Int

        package init(logN: Int, r: Int, p: Int) {
            self.logN = logN
            self.r = r
            self.p = p
        }

        /// OWASP's advice with the least memory: 32 MiB, about a quarter of a second.
        package static let recommended = Cost(logN: 15, r: 8, p: 3)

        /// What this program is ready to compute: at most 128 MiB and a few seconds, whatever a row says.
        var isBearable: Bool {
            1...17 ~= logN && 1...64 ~= r && 1...16 ~= p && memory <= 128 << 20 && memory * p <= 512 << 20
        }

        /// In bytes.
        private var memory: Int { 128 * (1 << logN) * r }

        /// What OpenSSL may take: the array, and the blocks beside it.
        fileprivate var limit: UInt64 { UInt64(memory + 128 * r * (p + 2) + 4096) }
    }

    /// Derives bytes; blocks for as long as it takes.
    ///
    /// - Parameters:
    ///   - password: Any bytes.
    ///   - salt: Not secret.
    ///   - cost: At most 128 MiB and 16 rounds.
    ///   - count: How many bytes.
    /// - Returns: The bytes.
    /// - Throws: ``SealingError`` for a number out of range.
    package static func derive(from password: [UInt8], salt: [UInt8], cost: Cost, count: Int) throws(SealingError) -> [UInt8] {
        guard cost.isBearable, 1...1024 ~= count else {
            throw SealingError(.invalidArgument("scrypt's cost or length is out of range"))
        }
        var output = [UInt8](repeating: 0, count: count)
        let done = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                // Nil would ask whether the numbers are right, and derive nothing.
                password.assumingMemoryBound(to: CChar.self).baseAddress ?? UnsafePointer(bitPattern: 1),
                password.count,
                salt,
                salt.count,
                1 << UInt64(cost.logN),
                UInt64(cost.r),
                UInt64(cost.p),
                cost.limit,
                &output,
                count
            )
        }
        guard done == 1 else { throw .openSSL("EVP_PBE_scrypt") }
        return output
    }
}

internal import COpenSSL

/// Comparisons that take as long for a wrong first byte as for a wrong last one.
package enum ConstantTime {
    /// Whether both hold the same bytes; only a difference in length shows in the time.
    package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        first.count == second.count && CRYPTO_memcmp(first, second, first.count) == 0
    }

    /// Whether both are the same UTF-8 text; only a difference in length shows in the time.
    package static func areEqual(_ first: String, _ second: String) -> Bool { areEqual(Array(first.utf8), Array(second.utf8)) }
}

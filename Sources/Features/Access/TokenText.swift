internal import Sealing

/// What a token looks like: `slp_` and 40 of A–Z a–z 0–9, 238 bits that nobody can guess.
package enum TokenText {
    private static let prefix = "slp_"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Makes a new one.
    ///
    /// - Throws: ``SealingError`` when the generator has no seed.
    static func make() throws(SealingError) -> String { prefix + (try random(count: 40)) }

    /// `count` characters, each one of 62 with the same chance.
    static func random(count: Int) throws(SealingError) -> String {
        var text: [UInt8] = []
        while text.count < count {
            // 248 is the largest multiple of 62 in a byte: larger ones would make some characters likelier.
            for byte in try RandomBytes.make(count: 64) where byte < 248 && text.count < count { text.append(alphabet[Int(byte) % 62]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A password that nobody can guess: 20 characters, 119 bits.
    ///
    /// - Throws: `SealingError` when the generator has no seed.
    package static func password() throws -> String { try random(count: 20) }

    /// Whether a text could be a token, so that nothing else is looked up.
    package static func isToken(_ text: String) -> Bool {
        text.utf8.count == 44 && text.hasPrefix(prefix) && text.utf8.dropFirst(4).allSatisfy(isLetterOrDigit)
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    /// What is kept of it.
    static func hash(_ text: String) -> String { SHA256.hex(Array(text.utf8)) }

    /// What a list shows of it.
    static func hint(_ text: String) -> String { "\(text.prefix(8))…" }
}

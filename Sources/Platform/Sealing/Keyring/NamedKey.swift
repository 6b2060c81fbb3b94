/// One key of a keyring: 256 bits and the name that sealed messages know it by.
final class NamedKey: Sendable {
    let name: String
    let secret: SecretBytes

    init(name: String, secret: consuming SecretBytes) {
        self.name = name
        self.secret = secret
    }

    /// Makes a key whose name no other keyring has.
    ///
    /// A keyring that is made anew after a loss must not give an old name to a new key: the error would say "damaged", not "missing".
    static func random() throws(SealingError) -> NamedKey {
        NamedKey(name: try randomName(), secret: try .random(count: AESGCM.keySize))
    }

    static func randomName() throws(SealingError) -> String { "key-" + Hexadecimal.text(try RandomBytes.make(count: 4)) }

    /// 1 to 64 of A–Z a–z 0–9 `.` `_` `-`.
    static func isValid(name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}

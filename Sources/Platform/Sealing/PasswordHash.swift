/// What is kept of a password: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, with its own cost, so that a later program may ask for more.
///
/// - SeeAlso: <https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md>
package struct PasswordHash: Sendable, Hashable {
    private static let saltCount = 16
    private static let hashCount = 32

    private let cost: Scrypt.Cost
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes a password with a fresh salt; blocks for a quarter of a second, with 32 MiB.
    ///
    /// - Throws: ``SealingError`` when the generator has no seed or no memory is left.
    package static func make(of password: String, cost: Scrypt.Cost = .recommended) throws(SealingError) -> PasswordHash {
        let salt = try RandomBytes.make(count: saltCount)
        let hash = try Scrypt.derive(from: Array(password.utf8), salt: salt, cost: cost, count: hashCount)
        return PasswordHash(cost: cost, salt: salt, hash: hash)
    }

    private init(cost: Scrypt.Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Reads what ``text`` wrote; nil for anything else, and for a cost that this program is not ready to bear.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        let numbers = parts[2].split(separator: ",").map { $0.split(separator: "=", omittingEmptySubsequences: false) }
        guard numbers.count == 3, numbers.allSatisfy({ $0.count == 2 }), numbers.map({ $0[0] }) == ["ln", "r", "p"],
            let logN = Int(numbers[0][1]), let r = Int(numbers[1][1]), let p = Int(numbers[2][1]),
            let salt = Self.bytes(parts[3]), let hash = Self.bytes(parts[4]), salt.count >= 8, hash.count >= 16
        else { return nil }
        cost = Scrypt.Cost(logN: logN, r: r, p: p)
        guard cost.isBearable else { return nil }
        self.salt = salt
        self.hash = hash
    }

    /// The text to keep.
    package var text: String { "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Self.text(salt))$\(Self.text(hash))" }

    /// Whether it was made of this password; blocks as ``make(of:cost:)`` does.
    ///
    /// - Throws: ``SealingError`` when no memory is left.
    package func matches(_ password: String) throws(SealingError) -> Bool {
        let offered = try Scrypt.derive(from: Array(password.utf8), salt: salt, cost: cost, count: hash.count)
        return ConstantTime.areEqual(offered, hash)
    }

    /// Made with less work than the program now asks for: make it anew when the password is at hand.
    package func isOutdated(for cost: Scrypt.Cost = .recommended) -> Bool { self.cost != cost }

    // The format has Base64 without its padding.
    private static func text(_ bytes: [UInt8]) -> String {
        let padded = bytes.withUnsafeBytes { Base64.encode($0) }
        return String(decoding: padded.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.utf8.count % 4) % 4)
        return Base64.decode(Array(text.utf8) + padding)
    }
}

extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
}

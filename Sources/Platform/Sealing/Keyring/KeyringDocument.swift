/// The text of a keyring's file.
///
/// It begins with the line `slipway-keyring 2`; then each line is a comment (`#`), empty, the salt of the passphrase
/// (`! pbkdf2-sha256 <iterations> <salt> <check>`), or one key: `<name> <created> <protection> <Base64> <check>`, with one space between.
/// The check is the first 8 hexadecimal digits of the SHA-256 of the line before it, without the space. The first key is the active one.
///
/// Files of version 1 have keys of `<name> <Base64> <check>` only; they are read, and written anew as version 2 with the first change.
///
/// - SeeAlso: docs/sealed-format.md
struct KeyringDocument: Sendable {
    static let title = "slipway-keyring "
    static let derivation = "pbkdf2-sha256"

    /// How the key that wraps keys comes from the passphrase.
    struct Salt: Sendable, Equatable {
        let iterations: Int
        let bytes: [UInt8]
    }

    var salt: Salt?
    /// The active one first.
    var entries: [KeyringEntry] = []

    /// The text; as secret as the keys.
    var text: [UInt8] {
        var text = Array(
            """
            \(Self.title)2
            # The first key seals, the others only open. Keep a copy in a safe place: without it the stored states can't be read.

            """.utf8
        )
        if let salt {
            text += Self.checked(Array("! \(Self.derivation) \(salt.iterations) ".utf8) + salt.bytes.withBytes { Base64.encode($0) })
        }
        for entry in entries {
            var line = Array("\(entry.name) \(entry.createdAt) \(entry.protection.text) ".utf8)
            line += entry.value.withBytes { Base64.encode($0) }
            text += Self.checked(line)
            KeyringText.wipe(&line)
        }
        return text
    }

    /// Reads a file's text; `place` is the file's path, for errors.
    static func parse(_ text: [UInt8], place: String) throws(SealingError) -> KeyringDocument {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = String(decoding: lines.first ?? [], as: UTF8.self)
        guard first.hasPrefix(title) else {
            throw SealingError(.keyring(place: place, text.isEmpty ? .empty : .damaged(line: 1)))
        }
        let version = first.dropFirst(title.count)
        guard version == "1" || version == "2" else {
            throw SealingError(.keyring(place: place, .unknownVersion(String(version.prefix(20)))))
        }
        // A file that was cut off in the middle of a line, or just before its end, is not whole.
        guard text.last == UInt8(ascii: "\n") else { throw SealingError(.keyring(place: place, .damaged(line: lines.count))) }
        var document = KeyringDocument()
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty && line.first != UInt8(ascii: "#") {
            guard document.read(line, version: version) else { throw SealingError(.keyring(place: place, .damaged(line: index + 1))) }
            let name = document.entries.last?.name ?? ""
            guard document.entries.dropLast().allSatisfy({ $0.name != name }) else {
                throw SealingError(.keyring(place: place, .duplicate(name: name)))
            }
        }
        guard !document.entries.isEmpty else { throw SealingError(.keyring(place: place, .empty)) }
        return document
    }

    // MARK: - Lines

    private static func checked(_ line: [UInt8]) -> [UInt8] {
        line + [UInt8(ascii: " ")] + Array(check(line).utf8) + [UInt8(ascii: "\n")]
    }

    private static func check(_ line: some Collection<UInt8>) -> String { String(SHA256.hex(Array(line)).prefix(8)) }

    private mutating func read(_ line: ArraySlice<UInt8>, version: Substring) -> Bool {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard let check = fields.last, fields.count >= 3, Self.check(line.dropLast(check.count + 1)).utf8.elementsEqual(check) else {
            return false
        }
        let words = fields.dropLast(2).map { String(decoding: $0, as: UTF8.self) }
        guard let value = Base64.decode(fields[fields.count - 2]) else { return false }
        if version == "2", words.count == 3, words[0] == "!", words[1] == Self.derivation {
            guard salt == nil, let iterations = Int(words[2]), (1...100_000_000).contains(iterations), value.count >= 16 else {
                return false
            }
            salt = Salt(iterations: iterations, bytes: value)
            return true
        }
        guard let name = words.first, NamedKey.isValid(name: name) else { return false }
        if version == "1" {
            guard words.count == 1, value.count == AESGCM.keySize else { return false }
            entries.append(KeyringEntry(name: name, createdAt: 0, protection: .plain, value: value))
            return true
        }
        guard words.count == 3, let createdAt = Int(words[1]), createdAt >= 0, let protection = KeyringEntry.Protection(words[2]),
            isPlausible(value, for: protection)
        else { return false }
        entries.append(KeyringEntry(name: name, createdAt: createdAt, protection: protection, value: value))
        return true
    }

    private func isPlausible(_ value: [UInt8], for protection: KeyringEntry.Protection) -> Bool {
        switch protection {
        case .plain: value.count == AESGCM.keySize
        // The salt stands above what it is needed for.
        case .passphrase: salt != nil && value.count == AESGCM.nonceSize + AESGCM.keySize + AESGCM.tagSize
        case .service: !value.isEmpty
        }
    }
}

internal import COpenSSL

/// The two ways to write keys down.
///
/// A file begins with the line `slipway-keyring 1`; then each line is a comment (`#`), empty, or one key: its name, the 32 bytes as
/// Base64, and a check (the first 8 hexadecimal digits of the SHA-256 of `name base64`), with one space between. The environment has
/// `name:base64` with commas between. In both the first key is the active one.
enum KeyringText {
    static let header = "slipway-keyring 1"

    /// The text of a new keyring file; as secret as the keys.
    static func text(of keys: [NamedKey]) -> [UInt8] {
        var lines = Array(
            """
            \(header)
            # The first key seals, the others only open. Keep a copy in a safe place: without it the stored states can't be read.

            """.utf8
        )
        for key in keys {
            var line = Array(key.name.utf8) + [UInt8(ascii: " ")]
            key.secret.withBytes { line += Base64.encode($0) }
            lines += line + [UInt8(ascii: " ")] + Array(check(line).utf8) + [UInt8(ascii: "\n")]
            wipe(&line)
        }
        return lines
    }

    /// Reads a keyring file's text; `place` is the file's path, for errors.
    static func parse(file text: [UInt8], place: String) throws(SealingError) -> [NamedKey] {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = String(decoding: lines.first ?? [], as: UTF8.self)
        guard first == header else {
            let name = "slipway-keyring "
            guard first.hasPrefix(name) else { throw SealingError(.keyring(place: place, text.isEmpty ? .empty : .damaged(line: 1))) }
            throw SealingError(.keyring(place: place, .unknownVersion(String(first.dropFirst(name.count).prefix(20)))))
        }
        // A file that was cut off in the middle of a line, or just before its end, is not whole.
        guard text.last == UInt8(ascii: "\n") else { throw SealingError(.keyring(place: place, .damaged(line: lines.count))) }
        var keys: [NamedKey] = []
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty && line.first != UInt8(ascii: "#") {
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard fields.count == 3, check(fields[0] + [UInt8(ascii: " ")] + fields[1]).utf8.elementsEqual(fields[2]) else {
                throw SealingError(.keyring(place: place, .damaged(line: index + 1)))
            }
            try add(name: fields[0], base64: fields[1], number: index + 1, place: place, to: &keys)
        }
        guard !keys.isEmpty else { throw SealingError(.keyring(place: place, .empty)) }
        return keys
    }

    /// Reads the value of `SLIPWAY_KEYS`; a fault's line number counts the keys from 1.
    static func parse(environment text: String) throws(SealingError) -> [NamedKey] {
        let place = Keyring.environmentName
        var keys: [NamedKey] = []
        for (index, entry) in Array(text.utf8).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).enumerated() {
            let fields = entry.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count == 2 else { throw SealingError(.keyring(place: place, .malformed(entry: index + 1))) }
            do {
                try add(name: fields[0], base64: fields[1], number: index + 1, place: place, to: &keys)
            } catch {
                if case .keyring(_, .damaged(let number)) = error.reason {
                    throw SealingError(.keyring(place: place, .malformed(entry: number)))
                }
                throw error
            }
        }
        return keys
    }

    /// Overwrites bytes that held keys.
    static func wipe(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }

    // MARK: - Details

    private static func check(_ line: some Collection<UInt8>) -> String { String(SHA256.hex(Array(line)).prefix(8)) }

    private static func add(
        name: ArraySlice<UInt8>,
        base64: ArraySlice<UInt8>,
        number: Int,
        place: String,
        to keys: inout [NamedKey]
    ) throws(SealingError) {
        let name = String(decoding: name, as: UTF8.self)
        guard NamedKey.isValid(name: name), var bytes = Base64.decode(base64), bytes.count == AESGCM.keySize else {
            throw SealingError(.keyring(place: place, .damaged(line: number)))
        }
        guard !keys.contains(where: { $0.name == name }) else { throw SealingError(.keyring(place: place, .duplicate(name: name))) }
        keys.append(NamedKey(name: name, secret: SecretBytes(wiping: &bytes)))
    }
}

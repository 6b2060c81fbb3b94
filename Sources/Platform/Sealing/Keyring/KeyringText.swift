internal import COpenSSL

/// Keys in the environment: `name:base64` with commas between, the active one first.
enum KeyringText {
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

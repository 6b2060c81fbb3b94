internal import Host

/// The key that a passphrase gives, which wraps keys of a keyring.
final class PassphraseKey: Sendable {
    let salt: KeyringDocument.Salt
    private let secret: SecretBytes

    /// Derives it; takes about a quarter of a second.
    init(_ passphrase: borrowing SecretBytes, salt: KeyringDocument.Salt) throws(SealingError) {
        self.salt = salt
        secret = try PBKDF2.derive(from: passphrase, salt: salt.bytes, iterations: salt.iterations, count: AESGCM.keySize)
    }

    func wrap(_ key: borrowing SecretBytes, name: String) throws(SealingError) -> [UInt8] {
        let nonce = try RandomBytes.make(count: AESGCM.nonceSize)
        let size = AESGCM.keySize + AESGCM.tagSize
        return nonce
            + (try [UInt8](capacity: size) { (output) throws(SealingError) in
                try key.withBytes { (key) throws(SealingError) in
                    try AESGCM.encrypt(key, into: output, key: secret, nonce: nonce, associated: KeyringEntry.associated(name: name))
                }
                return size
            })
    }

    /// - Throws: ``SealingError/Reason/damaged`` when it was another passphrase.
    func unwrap(_ wrapped: [UInt8], name: String) throws(SealingError) -> SecretBytes {
        let nonce = Array(wrapped.prefix(AESGCM.nonceSize))
        let sealed = Array(wrapped.dropFirst(AESGCM.nonceSize))
        return try SecretBytes(count: AESGCM.keySize) { (output) throws(SealingError) in
            try sealed.withBytes { (sealed) throws(SealingError) in
                let associated = KeyringEntry.associated(name: name)
                try AESGCM.decrypt(sealed, into: output, key: secret, nonce: nonce, associated: associated)
            }
        }
    }

    // MARK: - Where the passphrase is

    static let environmentName = "SLIPWAY_PASSPHRASE"
    static let fileEnvironmentName = "SLIPWAY_PASSPHRASE_FILE"

    /// The passphrase: `SLIPWAY_PASSPHRASE`, or the first line of the file that `SLIPWAY_PASSPHRASE_FILE` names; nil when neither is set.
    static func passphrase(in environment: [String: String]) throws(SealingError) -> [UInt8]? {
        if let text = environment[environmentName], !text.isEmpty { return Array(text.utf8) }
        guard let path = environment[fileEnvironmentName], !path.isEmpty else { return nil }
        do throws(HostError) {
            let line = try FileSystem.read(path, limit: 1 << 16).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            return line.isEmpty ? nil : Array(line)
        } catch {
            throw SealingError(.keyring(place: path, .system(doing: error.doing, errno: error.errno, message: error.systemMessage)))
        }
    }
}

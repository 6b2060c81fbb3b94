/// The named keys that wrap the data keys of sealed messages; the first is the active one, which seals.
///
/// They come from the environment variable `SLIPWAY_KEYS` when it is set and not empty, otherwise from the file `keyring` in the data
/// folder, which is made with one random key when it is missing. Keys stay in memory that is wiped at the end.
///
/// - SeeAlso: docs/sealed-format.md
package final class Keyring: Sendable {
    package static let environmentName = "SLIPWAY_KEYS"
    package static let fileName = "keyring"

    private let keys: [NamedKey]

    /// Takes at least one key, the active one first.
    init(keys: [NamedKey]) { self.keys = keys }

    /// Reads the keys.
    ///
    /// - Parameters:
    ///   - folder: The data folder; must exist unless the environment has the keys.
    ///   - environment: The process's environment.
    ///   - createsMissing: Makes the file when it is missing. Pass false where sealed data already exists: a new key can't open it.
    /// - Returns: At least one key.
    /// - Throws: ``SealingError/Reason/keyring(place:_:)`` for a file that others can read, that another user owns, that is a link, that is
    ///   damaged, or that a newer program wrote.
    package static func open(
        folder: String,
        environment: [String: String],
        createsMissing: Bool = true
    ) throws(SealingError) -> Keyring {
        if let text = environment[environmentName], !text.isEmpty {
            return Keyring(keys: try KeyringText.parse(environment: text))
        }
        let file = KeyringFile(path: folder + "/" + fileName)
        if createsMissing { try file.createIfMissing() }
        return Keyring(keys: try file.read())
    }

    /// A keyring of new random keys that is kept nowhere: for tests, and for data that need not outlive the process.
    package static func temporary(keyCount: Int = 1) throws(SealingError) -> Keyring {
        var keys: [NamedKey] = []
        for _ in 0..<max(1, keyCount) { keys.append(try .random()) }
        return Keyring(keys: keys)
    }

    /// The name of the key that seals.
    package var activeKeyName: String { active.name }

    /// All names, the active one first.
    package var keyNames: [String] { keys.map(\.name) }

    var active: NamedKey { keys[0] }

    func key(named name: String) -> NamedKey? { keys.first { $0.name == name } }
}

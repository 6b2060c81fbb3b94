internal import Synchronization

/// The named keys that wrap the data keys of sealed messages; the first is the active one, which seals.
///
/// They come from the environment variable `SLIPWAY_KEYS` when it is set and not empty, otherwise from the file `keyring` in the data
/// folder, which is made with one random key when it is missing. A change of the file is noticed at the next use, so that a running
/// worker seals with the key that became active, and opens what it sealed. Keys stay in memory that is wiped at the end.
///
/// - SeeAlso: docs/keys.md
package final class Keyring: Sendable {
    package static let environmentName = "SLIPWAY_KEYS"
    package static let fileName = "keyring"

    /// Where the keys come from; nil when they never change.
    private struct Source: Sendable {
        let file: KeyringFile
        let opener: KeyOpener
    }

    private struct Contents {
        /// At least one.
        var keys: [NamedKey]
        var stamp: KeyringFile.Stamp?
        /// Keys of the file that only ``refresh()`` can open.
        var hasUnopened = false
    }

    private let source: Source?
    private let contents: Mutex<Contents>

    /// Takes at least one key, the active one first.
    init(keys: [NamedKey]) {
        source = nil
        contents = Mutex(Contents(keys: keys))
    }

    private init(_ file: KeyringFile, _ opener: KeyOpener, keys: [NamedKey], stamp: KeyringFile.Stamp) {
        source = Source(file: file, opener: opener)
        contents = Mutex(Contents(keys: keys, stamp: stamp))
    }

    /// Reads the keys; takes a quarter of a second when a passphrase opens them.
    ///
    /// - Parameters:
    ///   - folder: The data folder; must exist unless the environment has the keys.
    ///   - environment: The process's environment: also for `SLIPWAY_PASSPHRASE` and `SLIPWAY_PASSPHRASE_FILE`.
    ///   - createsMissing: Makes the file when it is missing. Pass false where sealed data already exists: a new key can't open it.
    /// - Returns: At least one key.
    /// - Throws: ``SealingError/Reason/keyring(place:_:)`` for a file that others can read, that another user owns, that is a link, that is
    ///   damaged, that a newer program wrote, or that holds a key which doesn't open, or needs a service.
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
        let (document, stamp) = try file.read()
        let opener = try KeyOpener(document, place: file.path, environment: environment, services: [])
        var keys: [NamedKey] = []
        for entry in document.entries {
            guard let key = try opener.open(entry) else { throw opener.unknownService(entry) }
            keys.append(key)
        }
        return Keyring(file, opener, keys: keys, stamp: stamp)
    }

    /// The same, with keys that services open: each is asked for once and kept in memory.
    ///
    /// - Throws: ``SealingError/Reason/keyring(place:_:)`` as above, and when a service refuses or can't be reached.
    package static func open(
        folder: String,
        environment: [String: String],
        createsMissing: Bool = true,
        services: [any KeyService]
    ) async throws(SealingError) -> Keyring {
        if let text = environment[environmentName], !text.isEmpty {
            return Keyring(keys: try KeyringText.parse(environment: text))
        }
        let file = KeyringFile(path: folder + "/" + fileName)
        if createsMissing { try file.createIfMissing() }
        let (document, stamp) = try file.read()
        let opener = try KeyOpener(document, place: file.path, environment: environment, services: services)
        var keys: [NamedKey] = []
        for entry in document.entries { keys.append(try await opener.openByAnyMeans(entry)) }
        return Keyring(file, opener, keys: keys, stamp: stamp)
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
    package var keyNames: [String] { current().map(\.name) }

    /// Takes up a change of the file, with keys that only a service opens; does nothing when there is none.
    ///
    /// Whoever waits anyway calls it before work that opens or seals: plain keys and a passphrase's are taken up without it.
    ///
    /// - Throws: ``SealingError/Reason/keyring(place:_:)``; the keys stay as they were.
    package func refresh() async throws(SealingError) {
        guard let source else { return }
        let (stamp, hasUnopened) = contents.withLock { ($0.stamp, $0.hasUnopened) }
        guard hasUnopened || source.file.stamp != stamp else { return }
        let (document, newStamp) = try source.file.read()
        let known = contents.withLock { $0.keys }
        var keys: [NamedKey] = []
        for entry in document.entries {
            if let key = known.first(where: { $0.name == entry.name }) {
                keys.append(key)
            } else {
                keys.append(try await source.opener.openByAnyMeans(entry))
            }
        }
        contents.withLock { $0 = Contents(keys: keys, stamp: newStamp) }
    }

    var active: NamedKey { current()[0] }

    func key(named name: String) -> NamedKey? { current().first { $0.name == name } }

    // MARK: - Changes of the file

    /// The keys as the file has them now, as far as they open without waiting.
    private func current() -> [NamedKey] {
        let (keys, stamp) = contents.withLock { ($0.keys, $0.stamp) }
        guard let source, let now = source.file.stamp, now != stamp else { return keys }
        // What can't be read now is said at the next start; the keys in memory are still right.
        guard let (document, newStamp) = try? source.file.read() else { return keys }
        var opened: [NamedKey] = []
        for entry in document.entries {
            // As above: a key that does not open is left out until it does.
            if let key = keys.first(where: { $0.name == entry.name }) ?? (try? source.opener.open(entry)) { opened.append(key) }
        }
        guard !opened.isEmpty else { return keys }
        let hasUnopened = opened.count < document.entries.count
        contents.withLock { $0 = Contents(keys: opened, stamp: newStamp, hasUnopened: hasUnopened) }
        return opened
    }
}

package import FoundationEssentials
package import Sealing
package import Storage

/// Takes a key out of the keyring for good, once nothing needs it.
package struct KeyRetirement: Sendable {
    /// Why a key stays.
    package enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case unknown(String, place: String)
        case active(String)
        /// The keys come from the environment.
        case fixed(String)
        /// What still needs it, and how much that is.
        case used(String, count: Int, what: String)

        package var description: String {
            switch self {
            case .unknown(let name, let place): "the keyring \(place) has no key \"\(name)\": `slipway keys list` shows those there are"
            case .active(let name): "the key \"\(name)\" is the active one: `slipway keys rotate` to another one first"
            case .fixed(let name): "\(Keyring.environmentName) sets the keys: take \"\(name)\" out of its value"
            case .used(let name, _, let what):
                "the key \"\(name)\" still opens \(what): `slipway keys rotate` wraps that with the active key"
            }
        }
    }

    private let database: Database
    private let store: KeyringStore
    private let columns: [SealedColumn]
    private let archives: [any SealedArchive]

    package init(database: Database, store: KeyringStore, columns: [SealedColumn], archives: [any SealedArchive] = []) {
        self.database = database
        self.store = store
        self.columns = columns
        self.archives = archives
    }

    /// Makes sure that a key can be retired, as things stand.
    ///
    /// - Throws: ``Refusal``; ``SealingError``; ``StorageError``; what an archive throws.
    package func check(_ name: String) async throws {
        guard let key = try store.list().first(where: { $0.name == name }) else { throw Refusal.unknown(name, place: store.place) }
        guard !store.isFixed else { throw Refusal.fixed(name) }
        guard !key.isActive else { throw Refusal.active(name) }
        let uses = try await KeyUses.count(columns, archives, isThorough: true, in: database)
        guard uses.total(of: name) == 0 else { throw Refusal.used(name, count: uses.total(of: name), what: uses.text(of: name)) }
    }

    /// Removes a key from the keyring's file, unless something uses it.
    ///
    /// From the moment when nothing was found that uses it, the database refuses whatever it seals: of a late writer nothing stays behind
    /// that nobody could open. When it is killed in between, the key is still there, refused, and can be retired again.
    ///
    /// - Parameters:
    ///   - name: The key's.
    ///   - person: For the record.
    ///   - now: For the record.
    /// - Throws: ``Refusal``; ``SealingError``; ``StorageError``; what an archive throws.
    package func retire(_ name: String, by person: String, now: Date) async throws {
        // Before the database closes its door, and after: a backup may have been on its way.
        try await check(name)
        try await database.write { [columns] transaction in
            if transaction.dialect == .postgres {
                // Writers that began before are waited for, those that come later find the key retired; on SQLite this is the only writer.
                for column in columns { try transaction.execute("LOCK TABLE \(verbatim: column.table) IN SHARE MODE") }
            }
            let uses = try KeyUses.count(columns, in: transaction)
            guard uses.total(of: name) == 0 else {
                throw Refusal.used(name, count: uses.total(of: name), what: uses.text(of: name))
            }
            try transaction.execute(
                """
                INSERT INTO retired_keys (name, key_field, retired_by, retired_at)
                VALUES (\(name), \(EnvelopeHeader.keyField(name)), \(person), \(now))
                ON CONFLICT (name) DO NOTHING
                """
            )
        }
        do {
            try await check(name)
        } catch {
            try await database.write { try $0.execute("DELETE FROM retired_keys WHERE name = \(name)") }
            throw error
        }
        try await store.remove(name)
    }
}

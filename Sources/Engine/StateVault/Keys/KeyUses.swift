package import Storage

/// Which keys wrap how many messages of what kind.
package struct KeyUses: Sendable, Equatable {
    /// By key, then by noun.
    package private(set) var byKey: [String: [String: Int]] = [:]

    /// All keys that something was sealed with, sorted.
    package var keys: [String] { byKey.keys.sorted() }

    /// How many messages the key wraps.
    package func total(of key: String) -> Int { byKey[key]?.values.reduce(0, +) ?? 0 }

    /// `3 state versions, 1 credential`; empty when it wraps nothing.
    package func text(of key: String) -> String {
        (byKey[key] ?? [:]).sorted { $0.key < $1.key }.map { "\($1) \($0)\($1 == 1 ? "" : "s")" }.joined(separator: ", ")
    }

    mutating func add(_ count: Int, of noun: String, key: String) {
        if count > 0 { byKey[key, default: [:]][noun, default: 0] += count }
    }

    /// Counts the messages in the database, and the backups that it lists.
    package static func count(_ columns: [SealedColumn], countsBackups: Bool = false, in database: Database) async throws -> KeyUses {
        try await database.read { transaction in
            var uses = try count(columns, in: transaction)
            guard countsBackups else { return uses }
            for (key, count) in try BackupArchive.listedUses(in: transaction) { uses.add(count, of: BackupArchive.noun, key: key) }
            return uses
        }
    }

    /// Counts the messages in the database.
    package static func count(_ columns: [SealedColumn], in transaction: Transaction) throws -> KeyUses {
        var uses = KeyUses()
        for column in columns {
            for (key, count) in try column.uses(in: transaction) { uses.add(count, of: column.noun, key: key) }
        }
        return uses
    }

    /// Counts the messages in the database and in the archives.
    package static func count(
        _ columns: [SealedColumn],
        _ archives: [any SealedArchive],
        isThorough: Bool = false,
        in database: Database
    ) async throws -> KeyUses {
        var uses = try await database.read { try count(columns, in: $0) }
        for archive in archives {
            for (key, count) in try await archive.uses(isThorough: isThorough) { uses.add(count, of: archive.noun, key: key) }
        }
        return uses
    }
}

package import Storage

/// A fresh, migrated database for one test.
package enum TestDatabase: String, CaseIterable, Sendable {
    case sqlite, postgres

    /// Gives `body` a database of its own with the migrations applied; it is removed afterwards.
    package func with<T: Sendable>(
        migrations: [Migration] = [],
        options: DatabaseOptions = DatabaseOptions(),
        _ body: (Database) async throws -> T
    ) async throws -> T {
        try await location { location in
            let database = try await Database.open(location, options: options)
            do {
                try await Migrator(migrations).migrate(database)
                let value = try await body(database)
                await database.close()
                return value
            } catch {
                await database.close()
                throw error
            }
        }
    }

    /// Gives `body` the address of an empty database, for tests that open it several times.
    package func location<T: Sendable>(_ body: (DatabaseLocation) async throws -> T) async throws -> T {
        switch self {
        case .sqlite:
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            return try await body(.sqlite(path: folder.path + "/test.sqlite"))
        case .postgres:
            throw StorageError(.invalidLocation("no PostgreSQL yet"))
        }
    }
}

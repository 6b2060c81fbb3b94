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
        try await location(migrations: migrations) { location in
            let database = try await Database.open(location, options: options)
            do {
                // On PostgreSQL the template has them already.
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

    /// Gives `body` the address of a database of its own, for tests that open it several times; on SQLite the file isn't made yet.
    package func location<T: Sendable>(
        migrations: [Migration] = [],
        _ body: (DatabaseLocation) async throws -> T
    ) async throws -> T {
        switch self {
        case .sqlite:
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            return try await body(.sqlite(path: folder.path + "/test.sqlite"))
        case .postgres:
            let server = try await ThrowawayPostgres.shared()
            let name = try await server.makeDatabase(migrations: migrations)
            do {
                let value = try await body(server.location(database: name))
                try await server.removeDatabase(name)
                return value
            } catch {
                // The test's own error matters more than a leftover.
                try? await server.removeDatabase(name)
                throw error
            }
        }
    }
}

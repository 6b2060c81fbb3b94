package import FoundationEssentials

/// Brings a database's tables to what this program knows, and records each step in `schema_migrations`.
package struct Migrator: Sendable {
    private let migrations: [Migration]

    /// - Parameter migrations: In order, numbered from 1 without a gap.
    package init(_ migrations: [Migration]) {
        precondition(migrations.map(\.number) == Array(1..<(migrations.count + 1)), "migrations are numbered from 1 without a gap")
        self.migrations = migrations
    }

    /// The newest migration's number.
    package var known: Int { migrations.count }

    /// Applies what is missing, all of it or nothing, and one process after the other.
    ///
    /// - Returns: The numbers of those applied now.
    /// - Throws: ``StorageError/Reason/newerSchema(found:known:)`` when a newer program was here, and changes nothing then;
    ///   ``StorageError/Reason/foreignSchema(_:)`` when a recorded migration has another name.
    @discardableResult
    package func migrate(_ database: Database, now: Date = Date()) async throws -> [Int] {
        // Nothing to do is the usual case, and takes no lock.
        if try await pending(in: database).isEmpty { return [] }
        return try await database.write { transaction in
            if transaction.dialect == .postgres {
                // The lock makes processes that start together take turns; on SQLite the write transaction itself does.
                _ = try transaction.rows("SELECT pg_advisory_xact_lock(7306637651)")
                try transaction.execute("SET LOCAL statement_timeout = 0")
            }
            try transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number BIGINT PRIMARY KEY,
                    name TEXT NOT NULL,
                    applied_at BIGINT NOT NULL
                )
                """
            )
            let pending = try pending(in: transaction)
            for migration in pending {
                for statement in migration.statements { try transaction.execute(statement) }
                try transaction.execute(
                    "INSERT INTO schema_migrations (number, name, applied_at) VALUES (\(migration.number), \(migration.name), \(now))"
                )
            }
            return pending.map(\.number)
        }
    }

    /// What ``migrate(_:now:)`` would apply; changes nothing.
    ///
    /// - Throws: As ``migrate(_:now:)`` does.
    package func pending(in database: Database) async throws -> [Migration] {
        try await database.read { transaction in
            let table = try transaction.first(
                """
                \(
                    sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
                    postgres: "SELECT 1 AS name FROM pg_class WHERE oid = to_regclass('schema_migrations')"
                )
                """
            )
            return table == nil ? migrations : try pending(in: transaction)
        }
    }

    private func pending(in transaction: Transaction) throws -> [Migration] {
        let rows = try transaction.rows("SELECT number, name FROM schema_migrations ORDER BY number")
        let found = try rows.last?.value("number", as: Int.self) ?? 0
        if found > known { throw StorageError(.newerSchema(found: found, known: known)) }
        for (row, migration) in zip(rows, migrations) {
            let (number, name) = (try row.value("number", as: Int.self), try row.value("name", as: String.self))
            guard number == migration.number, name == migration.name else {
                throw StorageError(.foreignSchema("migration \(number) is '\(name)', not '\(migration.name)'"))
            }
        }
        return Array(migrations.dropFirst(rows.count))
    }
}

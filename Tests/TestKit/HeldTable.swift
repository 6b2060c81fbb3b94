package import Storage

/// Holds up whoever writes into a table of a PostgreSQL database; readers go on.
package struct HeldTable: Sendable {
    private let table: String
    /// Asks while the holder's own connection is busy with waiting.
    private let database: Database

    /// Gives `body` the table, held until ``letGo()`` or the end of `body`.
    ///
    /// - Parameters:
    ///   - table: Its name.
    ///   - location: The database, which has the table.
    ///   - body: What is done meanwhile.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package static func with<T: Sendable>(
        _ table: String,
        of location: DatabaseLocation,
        _ body: (HeldTable) async throws -> T
    ) async throws -> T {
        let database = try await Database.open(location)
        let holder = try await Database.open(location)
        let held = HeldTable(table: table, database: database)
        // Awaited below.
        let holding = Task {
            try? await holder.write { transaction in
                try transaction.execute("SET LOCAL statement_timeout = 0")
                try transaction.execute(SQL(stringLiteral: "LOCK TABLE \(table) IN SHARE MODE"))
                // Ends when it is cancelled.
                _ = try transaction.rows("SELECT pg_sleep(3600)")
            }
        }
        func end() async {
            try? await held.letGo()
            await holding.value
            await holder.close()
            await database.close()
        }
        do {
            try await within(.seconds(60), "the lock of \(table)") {
                while try await held.count(granted: true) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            }
            let value = try await body(held)
            await end()
            return value
        } catch {
            await end()
            throw error
        }
    }

    /// Whether somebody waits for the table.
    package var isAwaited: Bool { get async throws { try await count(granted: false) > 0 } }

    /// Lets the writers go on.
    package func letGo() async throws {
        let (database, table) = (database, table)
        try await database.write { transaction in
            _ = try transaction.rows(
                """
                SELECT pg_cancel_backend(pid)::text FROM pg_locks
                WHERE relation = \(table)::regclass AND mode = 'ShareLock' AND granted
                """
            )
        }
        try await within(.seconds(60), "the end of \(table)'s lock") {
            while try await count(granted: true) > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private func count(granted: Bool) async throws -> Int {
        let table = table
        return try await database.read { transaction in
            let row = try transaction.first(
                granted
                    ? "SELECT COUNT(*) AS n FROM pg_locks WHERE relation = \(table)::regclass AND mode = 'ShareLock' AND granted"
                    : "SELECT COUNT(*) AS n FROM pg_locks WHERE relation = \(table)::regclass AND NOT granted"
            )
            return try row?.value("n") ?? 0
        }
    }
}

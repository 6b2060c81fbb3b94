internal import FoundationEssentials
internal import Storage
internal import Synchronization

extension ThrowawayPostgres {
    /// A new database with the migrations applied, copied from a template that is made once per list of migrations.
    func makeDatabase(migrations: [Migration]) async throws -> String {
        let template = migrations.isEmpty ? "template0" : try await Templates.shared.name(for: migrations, on: self)
        let name = "test_" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try await command("CREATE DATABASE \(name) TEMPLATE \(template)")
        return name
    }

    /// Removes a database, whoever still uses it.
    func removeDatabase(_ name: String) async throws { try await command("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }

    /// Runs a command that no transaction may hold, as the superuser.
    package func command(_ text: String) async throws {
        let database = try await administrator()
        try await database.write { transaction in
            // Ends the transaction that `write` begins; the COMMIT that `write` sends afterwards only gets a warning.
            try transaction.execute("COMMIT")
            try transaction.execute(SQL(stringLiteral: text))
        }
    }
}

/// The templates of this process, one per list of migrations.
private actor Templates {
    static let shared = Templates()

    private var made: [Int: Task<String, any Error>] = [:]

    func name(for migrations: [Migration], on server: ThrowawayPostgres) async throws -> String {
        var hasher = Hasher()
        for migration in migrations {
            hasher.combine(migration.name)
            hasher.combine(migration.statements)
        }
        let key = hasher.finalize()
        if let task = made[key] { return try await task.value }
        // Awaited right below, and by everybody who needs the same template.
        let task = Task {
            let name = "template_\(UInt(bitPattern: key))"
            try await server.command("CREATE DATABASE \(name) TEMPLATE template0")
            let database = try await Database.open(server.location(database: name))
            try await Migrator(migrations).migrate(database)
            await database.close()
            return name
        }
        made[key] = task
        return try await task.value
    }
}

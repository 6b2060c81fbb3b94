import FoundationEssentials
import Schema
import Storage
import TestKit
import Testing

/// The tables that this program makes, and how it comes to them.
@Suite struct MigrationTests {
    /// A landed migration is never edited, so that the snapshot changes only by a new one.
    ///
    /// `SLIPWAY_RECORD_SCHEMA=1 swift test --filter SchemaTests` writes it anew.
    @Test(arguments: TestDatabase.allCases)
    func `the tables are those of the snapshot`(_ kind: TestDatabase) async throws {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let file = "\(folder)/Fixtures/Schema/\(kind.rawValue).sql"
        let schema = try await kind.with(migrations: Schema.migrations) { try await SchemaText.read(from: $0) }
        if ProcessInfo.processInfo.environment["SLIPWAY_RECORD_SCHEMA"] == "1" {
            try schema.write(toFile: file, atomically: true, encoding: .utf8)
        }
        let snapshot = try String(contentsOfFile: file, encoding: .utf8)
        #expect(schema == snapshot, "record the snapshot anew with SLIPWAY_RECORD_SCHEMA=1, if the change is meant")
    }

    @Test(arguments: TestDatabase.allCases)
    func `a second start changes nothing`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            let applied = try await Schema.migrator.migrate(database)
            #expect(applied.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `an organization from before has no limits of its own, and keeps its network`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Array(Schema.migrations.prefix(8))) { database in
            try await database.write {
                try $0.execute("INSERT INTO organizations (name, created_at, network) VALUES ('acme', 0, 'filtered')")
            }
            #expect(try await Schema.migrator.migrate(database).count == Schema.migrations.count - 8)
            let row = try await database.read { transaction in
                try transaction.first("SELECT network, run_memory, run_processors FROM organizations").map { row in
                    (
                        network: try row.value("network", as: String.self), memory: try row.value("run_memory", as: Int?.self),
                        processors: try row.value("run_processors", as: Double?.self)
                    )
                }
            }
            #expect(row?.network == "filtered" && row?.memory == nil && row?.processors == nil)
            try await database.write { try $0.execute("UPDATE organizations SET run_memory = 1, run_processors = 0.5") }
            await #expect(throws: StorageError.self) {
                try await database.write { try $0.execute("UPDATE organizations SET run_memory = 0") }
            }
        }
    }
}

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
}

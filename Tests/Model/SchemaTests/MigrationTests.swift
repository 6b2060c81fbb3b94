import Schema
import Storage
import TestKit
import Testing

@Suite struct MigrationTests {
    @Test(arguments: TestDatabase.allCases)
    func `a second start changes nothing`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            let applied = try await Schema.migrator.migrate(database)
            #expect(applied.isEmpty)
        }
    }
}

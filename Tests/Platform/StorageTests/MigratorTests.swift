import Storage
import TestKit
import Testing

/// Steps of a schema: in order, once, all or none, and never backwards.
@Suite struct MigratorTests {
    private static let one = Migration(number: 1, name: "one", statements: ["CREATE TABLE one (id \(type: .identity))"])
    private static let two = Migration(number: 2, name: "two", statements: ["CREATE TABLE two (id \(type: .identity))"])
    private static let broken = Migration(
        number: 2,
        name: "broken",
        statements: ["CREATE TABLE half (id \(type: .identity))", "CREATE TABLE half (id \(type: .identity))"]
    )

    @Test(arguments: TestDatabase.allCases)
    func `each step is applied once`(_ kind: TestDatabase) async throws {
        try await kind.with { database in
            let applied = [
                try await Migrator([Self.one]).migrate(database), try await Migrator([Self.one, Self.two]).migrate(database),
                try await Migrator([Self.one, Self.two]).migrate(database),
            ]
            #expect(applied == [[1], [2], []])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `processes that start together take turns`(_ kind: TestDatabase) async throws {
        try await kind.location { location in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let database = try await Database.open(location)
                        let applied = try await Migrator([Self.one, Self.two]).migrate(database)
                        await database.close()
                        return applied
                    }
                }
                return try await group.reduce([], +)
            }
            #expect(applied == [1, 2])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a step that fails leaves nothing`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: [Self.one]) { database in
            let error = try await storageError { try await Migrator([Self.one, Self.broken]).migrate(database) }
            #expect(error?.reason == .malformed)
            let applied = try await Migrator([Self.one, Self.two]).migrate(database)
            #expect(applied == [2])
            try await database.write { try $0.execute("CREATE TABLE half (id \(type: .identity))") }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a newer database is refused with both numbers and left alone`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: [Self.one, Self.two]) { database in
            let error = try await storageError { try await Migrator([Self.one]).migrate(database) }
            #expect(error?.reason == .newerSchema(found: 2, known: 1))
            #expect(error?.description == "the database has schema 2 and this program knows up to 1: update slipway")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `another program's steps are refused`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: [Self.one]) { database in
            let other = Migration(number: 1, name: "other", statements: [])
            let error = try await storageError { try await Migrator([other]).migrate(database) }
            #expect(error?.reason == .foreignSchema("migration 1 is 'one', not 'other'"))
        }
    }
}

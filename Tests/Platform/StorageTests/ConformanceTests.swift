import FoundationEssentials
import Storage
import TestKit
import Testing

/// What both databases do alike.
@Suite struct ConformanceTests {
    static let migrations = [
        Migration(
            number: 1,
            name: "things",
            statements: ["CREATE TABLE things (id \(type: .identity), name TEXT NOT NULL, count BIGINT NOT NULL DEFAULT 0)"]
        )
    ]

    @Test(arguments: TestDatabase.allCases)
    func `a thing is kept`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Self.migrations) { database in
            let id = try await database.write { transaction in
                try transaction.first("INSERT INTO things (name) VALUES (\("one")) RETURNING id")?.value("id", as: Int64.self)
            }
            let name = try await database.read { try $0.first("SELECT name FROM things WHERE id = \(id)")?.value("name", as: String.self) }
            #expect(name == "one")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a hundred parallel increments all count`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Self.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('n')") }
            let bells = database.doorbells("jobs")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await database.write { transaction in
                            try transaction.execute("UPDATE things SET count = count + 1")
                            transaction.notify("jobs")
                        }
                    }
                }
                try await group.waitForAll()
            }
            for await _ in bells { break }
            let count = try await database.read { try $0.first("SELECT count FROM things")?.value("count", as: Int.self) }
            #expect(count == 100)
        }
    }
}

import FoundationEssentials
import Storage
import TestKit
import Testing

/// What statements do alike on both databases.
@Suite struct StatementTests {
    @Test func `a date beyond what a database counts is its last or first moment`() {
        #expect(Date(timeIntervalSince1970: 1e18).sqlValue == .integer(.max))
        #expect(Date(timeIntervalSince1970: -1e18).sqlValue == .integer(.min))
        #expect(Date(timeIntervalSince1970: 1.5).sqlValue == .integer(1_500_000))
    }

    @Test(arguments: TestDatabase.allCases)
    func `binding never pastes`(_ kind: TestDatabase) async throws {
        let hostile = [
            "'; DROP TABLE things; --", "\") OR 1=1 --", "$1", "?", "%s", "\\'; SELECT 1", "🙈'\u{202E}", "NULL", "\\x41", "{1,2}",
        ]
        try await kind.with(migrations: Things.migrations) { database in
            for text in hostile {
                let found = try await database.write { transaction in
                    try transaction.execute("INSERT INTO things (name) VALUES (\(text))")
                    return try transaction.rows("SELECT name FROM things WHERE name = \(text)").map {
                        try $0.value("name", as: String.self)
                    }
                }
                #expect(found == [text])
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a list is bound value by value`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let (found, none) = try await database.write { transaction in
                for name in ["a", "b", "c"] { try transaction.execute("INSERT INTO things (name) VALUES (\(name))") }
                let found = try transaction.rows("SELECT name FROM things WHERE name IN (\(list: ["a", "c", "x'"])) ORDER BY name")
                return (
                    try found.map { try $0.value("name", as: String.self) },
                    try transaction.rows("SELECT name FROM things WHERE name IN (\(list: [String]()))")
                )
            }
            #expect(found == ["a", "c"])
            #expect(none.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `parts of statements nest with their values`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let condition: SQL = "name = \("b") AND count > \(1)"
            let count = try await database.write { transaction in
                try transaction.execute("INSERT INTO things (name, count) VALUES (\("a"), \(2)), (\("b"), \(2))")
                return try transaction.execute("UPDATE things SET count = \(9) WHERE \(sql: condition) OR id < \(0)")
            }
            #expect(count == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `execute counts the rows it changed`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let counts = try await database.write { transaction in
                [
                    try transaction.execute("INSERT INTO things (name) VALUES ('a'), ('b'), ('c')"),
                    try transaction.execute("UPDATE things SET count = 1 WHERE name <> 'a'"),
                    try transaction.execute("UPDATE things SET count = 1 WHERE name = 'x'"),
                    try transaction.execute("CREATE TABLE more (id BIGINT PRIMARY KEY)"),
                    try transaction.execute("INSERT INTO more (id) SELECT id FROM things WHERE count = 1 RETURNING id"),
                    try transaction.execute("DELETE FROM more"),
                ]
            }
            #expect(counts == [3, 2, 0, 0, 2, 2])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `an upsert inserts once and updates then`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            for expected in 1...3 {
                let count = try await database.write { transaction in
                    try transaction.first(
                        """
                        INSERT INTO things (name, count) VALUES (\("a"), 1)
                        ON CONFLICT (name) DO UPDATE SET count = things.count + excluded.count
                        RETURNING count
                        """
                    )?.value("count", as: Int.self)
                }
                #expect(count == expected)
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a statement may run while its own rows are walked`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let names = try await database.write { transaction in
                try transaction.execute("INSERT INTO things (name) VALUES ('a'), ('b')")
                return try transaction.rows("SELECT name FROM things ORDER BY name").flatMap { _ in
                    try transaction.rows("SELECT name FROM things ORDER BY name").map { try $0.value("name", as: String.self) }
                }
            }
            #expect(names == ["a", "b", "a", "b"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `thousands of different statements don't pile up`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let total = try await database.write { transaction in
                try (1...600).reduce(0) { total, width in
                    let row = try transaction.first("SELECT COUNT(*) AS number FROM things WHERE id IN (\(list: Array(1...width)))")
                    return total + (try row?.value("number", as: Int.self) ?? 1)
                }
            }
            #expect(total == 0)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a table that changed is read as it is now`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let select: SQL = "SELECT * FROM pairs"
            let found = try await database.read { try $0.rows(select).count }
            #expect(found == 0)
            try await database.write { transaction in
                try transaction.execute("DROP TABLE pairs")
                try transaction.execute("CREATE TABLE pairs (c TEXT)")
                try transaction.execute("INSERT INTO pairs (c) VALUES ('new')")
            }
            let value = try await database.read { try $0.first(select)?.value("c", as: String.self) }
            #expect(value == "new")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `wrong SQL, and two statements at once, are named as a bug`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            for sql: SQL in ["SELEC \("secret-value")", "SELECT nothing FROM things WHERE name = \("secret-value")", "SELECT 1; SELECT 2"] {
                let error = try #require(try await storageError { try await database.write { try $0.rows(sql) } })
                #expect(error.reason == .malformed)
                #expect(error.description.contains("report this as a bug"))
                #expect(!error.description.contains("secret-value"))
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `comparisons are booleans, and LIKE minds the case`(_ kind: TestDatabase) async throws {
        try await kind.with { database in
            let row = try await database.read { try $0.first("SELECT 1 < 2 AS less, 'Abc' LIKE 'a%' AS lower, 'Abc' LIKE 'A%' AS upper") }
            #expect(try row?.value("less") == true)
            #expect(try row?.value("lower") == false)
            #expect(try row?.value("upper") == true)
        }
    }
}

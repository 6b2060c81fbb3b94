import Storage
import Synchronization
import TestKit
import Testing

private struct Stop: Error {}

private final class Progress: Sendable {
    let isDone = Atomic(false)
}

/// Transactions: all or nothing, alone or nested, one after the other or beside each other.
@Suite struct TransactionTests {
    @Test(arguments: TestDatabase.allCases)
    func `a closure that throws leaves nothing`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            await #expect(throws: Stop.self) {
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                    throw Stop()
                }
            }
            let found = try await Things.count(named: "a", in: database)
            #expect(found == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a statement's error can't be swallowed`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let error = try await storageError {
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                    do { try transaction.execute("INSERT INTO things (name) VALUES ('a')") } catch {}
                    do { try transaction.execute("INSERT INTO things (name) VALUES ('b')") } catch {}
                }
            }
            #expect(error?.reason == .constraint(Constraint(kind: .unique, name: "things_name_key")))
            let found = try await Things.count(named: "a", in: database)
            #expect(found == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `what fails in a nested part is undone alone`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let bell = database.doorbells("undone")
            try await database.write { transaction in
                try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                try transaction.nested { try transaction.execute("INSERT INTO things (name) VALUES ('b')") }
                do {
                    try transaction.nested {
                        try transaction.execute("INSERT INTO things (name) VALUES ('c')")
                        transaction.notify("undone")
                        try transaction.nested { try transaction.execute("INSERT INTO things (name) VALUES ('d')") }
                        try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                    }
                } catch is StorageError {}
                try transaction.execute("INSERT INTO things (name) VALUES ('e')")
            }
            let names = try await database.read { transaction in
                try transaction.rows("SELECT name FROM things ORDER BY name").map { try $0.value("name", as: String.self) }
            }
            #expect(names == ["a", "b", "e"])
            withExtendedLifetime(bell) {}
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a read can't change anything`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let error = try await storageError { try await database.read { try $0.execute("INSERT INTO things (name) VALUES ('a')") } }
            #expect(error?.reason == .malformed)
            let found = try await Things.count(named: "a", in: database)
            #expect(found == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a hundred parallel increments all count`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('n')") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await database.write { transaction in
                            let lock: SQL = "\(sqlite: "", postgres: " FOR UPDATE")"
                            let row = try transaction.first("SELECT count FROM things WHERE name = 'n'\(sql: lock)")
                            let count = try row?.value("count", as: Int.self) ?? 0
                            try transaction.execute("UPDATE things SET count = \(count + 1) WHERE name = 'n'")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await Things.count(named: "n", in: database)
            #expect(found == 100)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a reader sees all of a commit or nothing`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('a'), ('b')") }
            let writer = Progress()
            let torn = try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    for _ in 0..<100 {
                        try await database.write { transaction in
                            try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'a'")
                            try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'b'")
                        }
                    }
                    writer.isDone.store(true, ordering: .releasing)
                    return 0
                }
                for _ in 0..<2 {
                    group.addTask {
                        var torn = 0
                        while !writer.isDone.load(ordering: .acquiring) {
                            let (a, b) = try await database.read { transaction in
                                // Two statements: the second sees the same snapshot.
                                let a = try transaction.first("SELECT count FROM things WHERE name = 'a'")
                                let b = try transaction.first("SELECT count FROM things WHERE name = 'b'")
                                return (try a?.value("count", as: Int.self), try b?.value("count", as: Int.self))
                            }
                            if a != b { torn += 1 }
                        }
                        return torn
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(torn == 0)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `one closure that throws doesn't touch its neighbours`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let failed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<90 {
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                try transaction.execute("INSERT INTO things (name) VALUES (\(String(number)))")
                                if number % 3 == 1 { throw Stop() }
                                // Found at COMMIT only: the rule is deferred.
                                if number % 3 == 2 { try transaction.execute("INSERT INTO parts (id, thing_id) VALUES (\(number), -1)") }
                            }
                            return false
                        } catch is Stop {
                            return true
                        } catch let error as StorageError {
                            guard case .constraint(let constraint) = error.reason, constraint.kind == .foreignKey else { throw error }
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failed == 60)
            let kept = try await database.read { transaction in
                try transaction.rows("SELECT name FROM things").map { Int(try $0.value("name", as: String.self)) ?? -1 }
            }
            #expect(Set(kept) == Set(stride(from: 0, to: 90, by: 3)))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `closing waits for what is under way and refuses the rest`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let bells = database.doorbells("jobs")
            let begun = AsyncStream.makeStream(of: Void.self)
            let writes = (0..<50).map { number in
                // Each is awaited below.
                Task {
                    try await database.write { transaction in
                        begun.continuation.yield()
                        try transaction.execute("INSERT INTO things (name) VALUES (\(String(number)))")
                    }
                }
            }
            for await _ in begun.stream { break }
            await database.close()
            var kept = 0
            for write in writes {
                let error = try await storageError { try await write.value }
                if let error { #expect(error.reason == .closed) } else { kept += 1 }
            }
            #expect(kept > 0)
            let error = try await storageError { try await database.read { try $0.rows("SELECT 1 AS one") } }
            #expect(error?.reason == .closed)
            for await _ in bells {}
            let again = try await Database.open(database.location)
            let count = try await again.read { try $0.first("SELECT COUNT(*) AS number FROM things")?.value("number", as: Int.self) }
            #expect(count == kept)
            await again.close()
        }
    }
}

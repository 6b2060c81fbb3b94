import FoundationEssentials
import Storage
import TestKit
import Testing

/// Doorbells within one instance and between two on the same file or server.
@Suite struct DoorbellTests {
    @Test(arguments: TestDatabase.allCases)
    func `a commit rings in both instances, and its data is there`(_ kind: TestDatabase) async throws {
        try await kind.location(migrations: Things.migrations) { location in
            let (one, two) = (try await Database.open(location), try await Database.open(location))
            try await Migrator(Things.migrations).migrate(one)
            for (writer, reader) in [(one, two), (two, one), (one, one)] {
                let bells = reader.doorbells("jobs")
                let name = UUID().uuidString
                try await writer.write { transaction in
                    try transaction.execute("INSERT INTO things (name) VALUES (\(name))")
                    transaction.notify("jobs")
                }
                try await within(.seconds(20), "the bell") {
                    // The first ring may be that of the beginning.
                    for await _ in bells where try await Things.count(named: name, in: reader) != nil { break }
                }
            }
            await one.close()
            await two.close()
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `changes are counted before their writer goes on, and those of others when they ring`(_ kind: TestDatabase) async throws {
        try await kind.location(migrations: Things.migrations) { location in
            let (one, two) = (try await Database.open(location), try await Database.open(location))
            try await Migrator(Things.migrations).migrate(one)
            for _ in 0..<20 {
                let before = one.changes
                try await one.write { try $0.execute("INSERT INTO things (name) VALUES (\(UUID().uuidString))") }
                #expect(one.changes > before)
            }
            let bells = one.doorbells("jobs")
            let name = UUID().uuidString
            let before = one.changes
            _ = try await one.read { try $0.rows("SELECT name FROM things") }
            try await two.write { transaction in
                try transaction.execute("INSERT INTO things (name) VALUES (\(name))")
                transaction.notify("jobs")
            }
            try await within(.seconds(20), "the bell") {
                for await _ in bells where try await Things.count(named: name, in: one) != nil { break }
            }
            #expect(one.changes > before)
            await one.close()
            await two.close()
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `many rings that nobody took are one`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let bells = database.doorbells("jobs")
            for _ in 0..<20 { try await database.write { $0.notify("jobs") } }
            try await bells.ring()
            await database.close()
            var count = 0
            for await _ in bells { count += 1 }
            #expect(count <= 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a transaction that only notifies rings`(_ kind: TestDatabase) async throws {
        try await kind.location { location in
            let (one, two) = (try await Database.open(location), try await Database.open(location))
            let bells = two.doorbells("events")
            // On PostgreSQL the first ring says that the connection listens.
            if kind == .postgres { try await bells.ring() }
            try await one.write { $0.notify("events") }
            try await bells.ring()
            await one.close()
            await two.close()
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `other channels and undone transactions stay silent`(_ kind: TestDatabase) async throws {
        try await kind.with { database in
            let quiet = database.doorbells("quiet")
            let loud = database.doorbells("loud")
            if kind == .postgres {
                // Both rang when listening began.
                try await quiet.ring()
                try await loud.ring()
            }
            struct Stop: Error {}
            await #expect(throws: Stop.self) {
                try await database.write { transaction in
                    transaction.notify("quiet")
                    throw Stop()
                }
            }
            try await database.write { $0.notify("loud") }
            try await loud.ring()
            await database.close()
            for await _ in quiet { Issue.record("quiet rang") }
        }
    }
}

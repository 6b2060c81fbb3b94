import FoundationEssentials
import Storage
import TestKit
import Testing

/// A PostgreSQL server that dies and comes back under a database that stays open.
@Suite(.requires(.postgres)) struct PostgresOutageTests {
    @Test func `what was committed is there again, and the open database goes on`() async throws {
        let server = try await ThrowawayPostgres()
        let database = try await Database.open(server.location())
        try await Migrator(Things.migrations).migrate(database)
        try await database.write { try $0.execute("INSERT INTO things (name, count) VALUES ('a', 1)") }
        let bells = database.doorbells("jobs")
        try await bells.ring()

        try await server.kill()
        let error = try await storageError { try await database.write { try $0.execute("UPDATE things SET count = 2") } }
        guard case .unreachable = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }

        try await server.restart()
        // The bell's own connection comes back by itself, and rings for what it may have missed.
        try await bells.ring()
        let count = try await eventually { try await Things.count(named: "a", in: database) }
        #expect(count == 1)
        try await database.write { transaction in
            try transaction.execute("UPDATE things SET count = 3")
            transaction.notify("jobs")
        }
        try await bells.ring()
        await database.close()
        try await server.remove()
    }

    @Test func `connections that died idle are replaced without an error`() async throws {
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            for name in ["a", "b", "c"] {
                try await database.write { try $0.execute("INSERT INTO things (name) VALUES (\(name))") }
                _ = try await storageError {
                    try await database.write { transaction in
                        try transaction.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
                    }
                }
            }
            let count = try await database.read { try $0.first("SELECT COUNT(*) AS number FROM things")?.value("number", as: Int.self) }
            #expect(count == 3)
        }
    }

    @Test func `a connection that dies before the commit is replaced, and the closure runs again`() async throws {
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('n')") }
            let attempts = Counter()
            try await database.write { transaction in
                try transaction.execute("UPDATE things SET count = count + 1")
                if attempts.next() == 1 { try transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            let count = try await Things.count(named: "n", in: database)
            #expect(count == 1)
            #expect(attempts.next() == 3)
        }
    }

    @Test func `a connection that dies in the commit leaves the outcome unknown`() async throws {
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            try await database.write { transaction in
                try transaction.execute(
                    """
                    CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
                    """
                )
                try transaction.execute(
                    """
                    CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION dies()
                    """
                )
            }
            let attempts = Counter()
            let error = try await storageError {
                try await database.write { transaction in
                    _ = attempts.next()
                    try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                }
            }
            #expect(error?.reason == .connectionLost)
            #expect(attempts.next() == 2)
        }
    }

    /// Tries again until the server, which may still recover, answers.
    private func eventually<T>(_ body: () async throws -> T) async throws -> T {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await body()
            } catch let error as StorageError {
                guard case .unreachable = error.reason, ContinuousClock.now < deadline else { throw error }
            }
        }
    }
}

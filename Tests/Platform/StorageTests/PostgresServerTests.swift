import FoundationEssentials
import Glibc
import Storage
import TestKit
import Testing

/// PostgreSQL servers that refuse or fail, each said in its own sentence and without a password.
@Suite(.requires(.postgres)) struct PostgresServerTests {
    @Test(arguments: ["postgres://user:pass-word@127.0.0.1:1/db", "postgresql://user:pass-word@/db?host=/nowhere/at/all"])
    func `a server that nobody is at is unreachable`(_ url: String) async throws {
        let error = try #require(try await storageError { try await Database.open(.postgres(url: url)) })
        guard case .unreachable(let server) = error.reason else {
            Issue.record("\(error)")
            return
        }
        #expect(error.description == "PostgreSQL at \(server) can't be reached: check that it runs and that the address is right")
        #expect(!"\(error) \(error.cause ?? "") \(DatabaseLocation.postgres(url: url))".contains("pass-word"))
    }

    @Test func `an address that can't be read is refused without repeating it`() async throws {
        let location = DatabaseLocation.postgres(url: "postgres://user:pass-word@host:port/db?nonsense=pass-word")
        let error = try await storageError { try await Database.open(location) }
        #expect(error?.description == "the PostgreSQL address can't be read: write it as postgres://USER@HOST:PORT/NAME")
        #expect("\(location)" == "PostgreSQL")
    }

    @Test func `a wrong password, a missing one and an unknown user are told as such`() async throws {
        let server = try await ThrowawayPostgres.shared()
        let admin = try await Database.open(server.location())
        let role = ThrowawayPostgres.roleWithPassword
        try await admin.write { try $0.execute("CREATE ROLE with_password LOGIN PASSWORD 'right-word'") }
        await admin.close()
        let right = try await Database.open(server.location(user: role, password: "right-word"))
        await right.close()
        let refused = [
            server.location(user: role, password: "wrong-word"), server.location(user: role), server.location(user: "nobody_known"),
        ]
        for location in refused {
            let error = try #require(try await storageError { try await Database.open(location) })
            #expect(error.reason == .authenticationFailed(server: location.description))
            #expect(error.description.hasSuffix("refused the user or the password: check both in the database address"))
            #expect(!"\(error) \(error.cause ?? "")".contains("word-"))
        }
    }

    @Test func `a database that isn't there is told as such`() async throws {
        let server = try await ThrowawayPostgres.shared()
        let location = server.location(database: "missing")
        let error = try await storageError { try await Database.open(location) }
        #expect(error?.reason == .connectionRefused(server: location.description, why: "there is no such database there: create it"))
    }

    @Test func `a value that the server quotes in its error is not repeated`() async throws {
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            let statements: [SQL] = [
                "INSERT INTO things (facts) VALUES (\("{secret-value"))", "SELECT CAST(\("secret-value") AS BIGINT) AS number",
                "INSERT INTO things (made_at) VALUES (\("secret-value"))",
            ]
            for sql in statements {
                let error = try #require(try await storageError { try await database.write { try $0.rows(sql) } })
                #expect(error.reason == .malformed)
                #expect(!"\(error) \(error.cause ?? "") \(error.sql ?? "")".contains("secret-value"))
            }
        }
    }

    @Test func `a statement that takes too long is undone, and the connection lives on`() async throws {
        var options = DatabaseOptions()
        options.statementTimeout = .seconds(3)
        options.connections = 1
        try await TestDatabase.postgres.with(migrations: Things.migrations, options: options) { database in
            let error = try await storageError {
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO things (name) VALUES ('a')")
                    try transaction.execute("SELECT pg_sleep(60)")
                }
            }
            #expect(error?.reason == .timedOut)
            let count = try await Things.count(named: "a", in: database)
            #expect(count == nil)
        }
    }

    @Test func `no transaction is left open, whatever its closure does`() async throws {
        struct Stop: Error {}
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            let bodies: [@Sendable (Transaction) throws -> Void] = [
                { _ in throw Stop() },
                {
                    try $0.execute("SELECT 1"); throw Stop()
                },
                { try $0.execute("SELECT nonsense") },
                { _ = try? $0.execute("SELECT nonsense") },
                { try $0.execute("SAVEPOINT mine") },
                { _ in },
            ]
            for body in bodies {
                _ = try? await database.write(body)
                _ = try? await database.read(body)
            }
            let open = try await database.write { transaction in
                try transaction.first(
                    """
                    SELECT COUNT(*) AS number FROM pg_stat_activity
                    WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
                    """
                )?.value("number", as: Int.self)
            }
            #expect(open == 0)
        }
    }

    @Test func `a deadlock's victim is run again`() async throws {
        try await TestDatabase.postgres.with(migrations: Things.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('a'), ('b')") }
            let (hasA, hasB) = (Gate(), Gate())
            async let one: Void = database.write { transaction in
                try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'a'")
                hasA.open()
                hasB.wait()
                try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'b'")
                hasB.open()
            }
            async let two: Void = database.write { transaction in
                try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'b'")
                hasB.open()
                hasA.wait()
                try transaction.execute("UPDATE things SET count = count + 1 WHERE name = 'a'")
                hasA.open()
            }
            _ = try await (one, two)
            let counts = [try await Things.count(named: "a", in: database), try await Things.count(named: "b", in: database)]
            #expect(counts == [2, 2])
        }
    }

    @Test(.enabled("only root may mount a small disk") { geteuid() == 0 })
    func `a full disk is told as such`() async throws {
        try await SmallDisk.with(megabytes: 2) { folder in
            let server = try await ThrowawayPostgres()
            try await server.command("CREATE TABLESPACE small LOCATION '\(folder)'")
            let database = try await Database.open(server.location())
            try await database.write { try $0.execute("CREATE TABLE t (data \(type: .blob)) TABLESPACE small") }
            let bytes = (0..<4_000_000).map { _ in UInt8.random(in: 0...255) }
            let error = try await storageError { try await database.write { try $0.execute("INSERT INTO t (data) VALUES (\(bytes))") } }
            guard case .diskFull = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
            await database.close()
            try await server.remove()
        }
    }

    @Test func `a read-only server is told as such`() async throws {
        try await TestDatabase.postgres.with { database in
            let error = try await storageError {
                try await database.write { transaction in
                    try transaction.execute("SET TRANSACTION READ ONLY")
                    try transaction.execute("CREATE TABLE t (id BIGINT)")
                }
            }
            guard case .readOnly = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}

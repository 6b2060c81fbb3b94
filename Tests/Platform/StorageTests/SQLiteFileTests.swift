import FoundationEssentials
import Glibc
import Storage
import TestKit
import Testing

/// SQLite files that can't be used, each said in its own sentence.
@Suite struct SQLiteFileTests {
    @Test func `a new file and its companions are for their user only`() async throws {
        try await TestDatabase.sqlite.location { location in
            let database = try await Database.open(location)
            try await database.write { try $0.execute("CREATE TABLE t (id BIGINT)") }
            for suffix in ["", "-wal", "-shm"] {
                var facts = stat()
                #expect(stat(location.description + suffix, &facts) == 0)
                #expect(facts.st_mode & 0o777 == 0o600)
            }
            await database.close()
        }
    }

    @Test func `a file that is no database is left alone`() async throws {
        try await TestDatabase.sqlite.location { location in
            let text = String(repeating: "no database\n", count: 1000)
            try text.write(toFile: location.description, atomically: false, encoding: .utf8)
            let error = try await storageError { try await Database.open(location) }
            #expect(error?.reason == .notADatabase(path: location.description))
            #expect(try String(contentsOfFile: location.description, encoding: .utf8) == text)
        }
    }

    @Test func `a missing folder is named`() async throws {
        try await TestDatabase.sqlite.location { location in
            let path = location.description + "/missing/x.sqlite"
            let error = try await storageError { try await Database.open(.sqlite(path: path)) }
            #expect(error?.reason == .cannotOpen(path: path, why: "No such file or directory"))
        }
    }

    @Test func `a folder is no database`() async throws {
        try await TestDatabase.sqlite.location { location in
            let path = String(location.description.dropLast("/test.sqlite".count))
            let error = try await storageError { try await Database.open(.sqlite(path: path)) }
            guard case .cannotOpen = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a file that this user may not write is said to be read-only`() async throws {
        // In a process of its own, which can give root's rights up.
        if let path = OwnProcess.word {
            if geteuid() == 0 { #expect(setgid(65534) == 0 && setuid(65534) == 0) }
            let error = try await storageError { try await Database.open(.sqlite(path: path)) }
            #expect(error?.reason == .readOnly(path))
            #expect(error?.description.hasSuffix("can't be written: make it and its folder writable for this user") == true)
            return
        }
        try await TestDatabase.sqlite.location { location in
            await (try Database.open(location)).close()
            let path = location.description
            chmod(path, 0o444)
            let child = try await OwnProcess.run("a file that this user may not write is said to be read-only", word: path)
            #expect(child.hasPassed, "\(child.text)")
        }
    }

    @Test(.enabled("only root may mount a small disk") { geteuid() == 0 })
    func `a full disk undoes the transaction, and later ones work`() async throws {
        try await SmallDisk.with(megabytes: 2) { folder in
            let location = DatabaseLocation.sqlite(path: folder + "/x.sqlite")
            let database = try await Database.open(location)
            try await Migrator(Things.migrations).migrate(database)
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('before')") }
            // Beside each other, so that they share a group: the small one survives its neighbour.
            async let small = database.write { try $0.execute("INSERT INTO things (name) VALUES ('small')") }
            let error = try await storageError {
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO things (name, data) VALUES ('large', \([UInt8](repeating: 7, count: 4_000_000)))")
                }
            }
            #expect(error?.reason == .diskFull(location.description))
            _ = try await small
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('after')") }
            let names = try await database.read { transaction in
                try transaction.rows("SELECT name FROM things ORDER BY id").map { try $0.value("name", as: String.self) }
            }
            #expect(Set(names) == ["before", "small", "after"])
            await database.close()
        }
    }

    @Test func `another's write that takes too long is told as busy`() async throws {
        try await TestDatabase.sqlite.location { location in
            var options = DatabaseOptions()
            options.busyTimeout = .milliseconds(50)
            let (one, two) = (try await Database.open(location), try await Database.open(location, options: options))
            let (isHeld, mayEnd) = (AsyncStream.makeStream(of: Void.self), Gate())
            async let held: Void = one.write { transaction in
                try transaction.execute("CREATE TABLE held (id BIGINT)")
                isHeld.continuation.yield()
                mayEnd.wait()
            }
            for await _ in isHeld.stream { break }
            let error = try await storageError { try await two.write { try $0.execute("CREATE TABLE other (id BIGINT)") } }
            #expect(error?.reason == .busy)
            mayEnd.open()
            try await held
            try await two.write { try $0.execute("CREATE TABLE other (id BIGINT)") }
            await one.close()
            await two.close()
        }
    }

    @Test func `several processes share a file, and their bells ring`() async throws {
        if let path = OwnProcess.word { return try await Self.increment(path) }
        try await TestDatabase.sqlite.location { location in
            let database = try await Database.open(location)
            try await Migrator(Things.migrations).migrate(database)
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('n')") }
            let (path, bells) = (location.description, database.doorbells("from_child"))
            let name = "several processes share a file, and their bells ring"
            async let one = OwnProcess.run(name, word: path)
            async let two = OwnProcess.run(name, word: path)
            for _ in 0..<200 { try await database.write { try $0.execute("UPDATE things SET count = count + 1") } }
            try await bells.ring()
            for child in try await [one, two] { #expect(child.hasPassed, "\(child.text)") }
            let count = try await Things.count(named: "n", in: database)
            #expect(count == 600)
            await database.close()
        }
    }

    private static func increment(_ path: String) async throws {
        let database = try await Database.open(.sqlite(path: path))
        for _ in 0..<200 {
            try await database.write { transaction in
                try transaction.execute("UPDATE things SET count = count + 1")
                transaction.notify("from_child")
            }
        }
        await database.close()
    }
}

import Domain
import FoundationEssentials
import Storage
import TestKit
import Testing

/// Every type, bound and read back, on both databases.
@Suite struct ValueTests {
    @Test(arguments: TestDatabase.allCases)
    func `every value comes back as it went`(_ kind: TestDatabase) async throws {
        let values: [SQLValue] = [
            .null, .integer(0), .integer(-1), .integer(.min), .integer(.max), .real(0.1), .real(-1e300), .real(.infinity), .text(""),
            .text("plain"), .text("Grüße, 世界 👩‍👩‍👧 \u{1}\t\r\n '\"\\ $1 ?"), .blob([]), .blob([0, 255, 39, 92]),
        ]
        try await kind.with { database in
            let read = try await database.write { transaction in
                try transaction.execute(
                    "CREATE TABLE kept (id BIGINT PRIMARY KEY, i BIGINT, r DOUBLE PRECISION, t TEXT, b \(type: .blob))"
                )
                return try values.enumerated().map { id, value in
                    let column: SQL =
                        switch value {
                        case .integer, .null: "i"
                        case .real: "r"
                        case .text: "t"
                        case .blob: "b"
                        }
                    try transaction.execute("INSERT INTO kept (id, \(sql: column)) VALUES (\(id), \(value))")
                    return try transaction.first("SELECT \(sql: column) AS value FROM kept WHERE id = \(id)")?.value("value", as: Raw.self)
                        .value
                }
            }
            #expect(read == values)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a megabyte and a text of a megabyte come back`(_ kind: TestDatabase) async throws {
        let bytes = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let text = String(repeating: "ä", count: 524_288)
        try await kind.with(migrations: Things.migrations) { database in
            try await database.write { try $0.execute("INSERT INTO things (note, data) VALUES (\(text), \(bytes))") }
            let row = try #require(try await database.read { try $0.first("SELECT note, data FROM things") })
            #expect(try row.value("data") == bytes)
            #expect(try row.value("note") == text)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `dates keep their microseconds`(_ kind: TestDatabase) async throws {
        let dates = [0, 1, -1, 1_764_580_000_123_456, 253_402_300_799_999_999].map { Date(timeIntervalSince1970: Double($0) / 1_000_000) }
        try await kind.with(migrations: Things.migrations) { database in
            for date in dates {
                let (kept, microseconds) = try await database.write { transaction in
                    let row = try transaction.first("INSERT INTO things (made_at) VALUES (\(date)) RETURNING made_at")
                    return (try row?.value("made_at", as: Date.self), try row?.value("made_at", as: Int64.self))
                }
                #expect(kept?.sqlValue == date.sqlValue)
                #expect(microseconds == Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `booleans, ids, statuses and their absence`(_ kind: TestDatabase) async throws {
        let (organization, status) = (OrganizationID(rawValue: 7), JobStatus.processing)
        let (noOrganization, noStatus, noName) = (OrganizationID?.none, JobStatus?.none, String?.none)
        try await kind.with(migrations: Things.migrations) { database in
            let rows = try await database.write { transaction in
                try transaction.execute("INSERT INTO things (count, name, is_new) VALUES (\(organization), \(status), \(true))")
                try transaction.execute(
                    "INSERT INTO things (count, name, is_new, size) VALUES (8, \(noStatus), \(false), \(noOrganization))"
                )
                try transaction.execute("INSERT INTO things (count, name) VALUES (9, \(noName))")
                return try transaction.rows("SELECT * FROM things ORDER BY id")
            }
            #expect(try rows[0].value("count") == organization)
            #expect(try rows[0].value("count", as: OrganizationID?.self) == organization)
            #expect(try rows[0].value("name") == status)
            #expect(try rows[0].value("is_new") == true)
            #expect(try rows[1].value("is_new") == false)
            #expect(try rows[1].value("name", as: JobStatus?.self) == nil)
            #expect(try rows[2].value("is_new", as: Bool?.self) == nil)
            #expect(throws: StorageError.self) { try rows[0].value("name", as: Int.self) }
            #expect(throws: StorageError.self) { try rows[1].value("name", as: String.self) }
            #expect(throws: StorageError.self) { try rows[0].value("nothing", as: String.self) }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `JSON is kept as it was written`(_ kind: TestDatabase) async throws {
        let json = #"{"b": 1, "a": [12345678901234567890, "\u0000"], "b": 2}"#
        try await kind.with(migrations: Things.migrations) { database in
            let kept = try await database.write { transaction in
                try transaction.first("INSERT INTO things (facts) VALUES (\(json)) RETURNING facts")?.value("facts", as: String.self)
            }
            #expect(kept == json)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `sums and counts are integers`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let row = try await database.write { transaction in
                try transaction.execute("INSERT INTO things (count, size) VALUES (1, 0.5), (2, 1)")
                return try transaction.first(
                    "SELECT SUM(count) AS total, COUNT(*) AS number, SUM(size) AS size, MAX(name) AS name FROM things"
                )
            }
            #expect(try row?.value("total") == 3)
            #expect(try row?.value("number") == 2)
            #expect(try row?.value("size") == 1.5)
            #expect(try row?.value("name", as: String?.self) == .some(nil))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a NUL in a text is refused with a sentence`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            let error = try await storageError {
                try await database.write { try $0.execute("INSERT INTO things (name) VALUES (\("a\0b"))") }
            }
            #expect(error?.reason == .nulInText)
        }
    }
}

/// Reads a column as whatever it holds.
private struct Raw: SQLReadable {
    let value: SQLValue
    init?(_ value: SQLValue) { self.value = value }
}

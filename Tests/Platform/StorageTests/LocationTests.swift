import Storage
import TestKit
import Testing

@Suite struct LocationTests {
    @Test(arguments: [
        ("/var/lib/slipway/slipway.sqlite", DatabaseLocation.sqlite(path: "/var/lib/slipway/slipway.sqlite")),
        ("sqlite:/data/x", .sqlite(path: "/data/x")), ("sqlite:///data/x", .sqlite(path: "/data/x")), ("sqlite:x", .sqlite(path: "x")),
        ("postgres://u:p@h/db", .postgres(url: "postgres://u:p@h/db")), ("postgresql:///db", .postgres(url: "postgresql:///db")),
    ])
    func `an address is read`(_ text: String, _ location: DatabaseLocation) throws {
        #expect(try DatabaseLocation.parse(text) == location)
    }

    @Test(arguments: ["", "sqlite:", "mysql://u:pass-word@h/db", "sqlite:a\0b"])
    func `another is refused without repeating it`(_ text: String) throws {
        let error = #expect(throws: StorageError.self) { try DatabaseLocation.parse(text) }
        #expect(error?.description.contains("postgres://USER@HOST/NAME") == true)
        #expect(error?.description.contains("pass-word") == false)
    }

    @Test(arguments: TestDatabase.allCases)
    func `a database says what it is`(_ kind: TestDatabase) async throws {
        try await kind.with { database in
            let check = try await database.check()
            #expect(check.dialect == database.dialect)
            #expect(check.version.first?.isNumber == true)
            #expect(check.durability == (kind == .sqlite ? "wal" : "on"))
            #expect(!check.location.isEmpty)
        }
    }
}

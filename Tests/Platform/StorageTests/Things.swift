import FoundationEssentials
import Storage
import TestKit

/// The tables of these tests.
enum Things {
    static let migrations = [
        Migration(
            number: 1,
            name: "things",
            statements: [
                """
                CREATE TABLE things (
                    id \(type: .identity),
                    name TEXT UNIQUE,
                    note TEXT,
                    count BIGINT NOT NULL DEFAULT 0 CONSTRAINT things_count_is_small CHECK (count < 1000),
                    size DOUBLE PRECISION,
                    data \(type: .blob),
                    facts \(type: .json),
                    is_new SMALLINT CHECK (is_new IN (0, 1)),
                    made_at BIGINT
                )
                """,
                "CREATE TABLE parts (id BIGINT PRIMARY KEY, thing_id BIGINT NOT NULL REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)",
                "CREATE TABLE pairs (a BIGINT NOT NULL REFERENCES things (id), b BIGINT NOT NULL, UNIQUE (a, b))",
            ]
        )
    ]

    static func count(named name: String, in database: Database) async throws -> Int? {
        try await database.read { try $0.first("SELECT count FROM things WHERE name = \(name)")?.value("count") }
    }
}

/// What a call threw, when it was a storage error.
func storageError<T>(_ body: () async throws -> T) async throws -> StorageError? {
    do {
        _ = try await body()
        return nil
    } catch let error as StorageError {
        return error
    }
}

extension AsyncStream<Void> {
    /// Waits for the next ring, at most a minute.
    func ring() async throws {
        try await within(.seconds(60), "the bell") { for await _ in self { break } }
    }
}

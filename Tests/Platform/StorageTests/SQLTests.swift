import Testing

@testable import Storage

/// The text and values that a statement becomes for each database.
@Suite struct SQLTests {
    private let name = "x'; --"

    @Test func `values become placeholders in order`() {
        let sql: SQL = "SELECT \(verbatim: "a") FROM t WHERE a = \(name) AND b IN (\(list: [1, 2])) AND \(sql: "c = \(true)")"
        let sqlite = sql.rendered(for: .sqlite)
        #expect(sqlite.text == "SELECT a FROM t WHERE a = ? AND b IN (?, ?) AND c = ?")
        #expect(sqlite.values == [.text(name), .integer(1), .integer(2), .integer(1)])
        #expect(sql.rendered(for: .postgres).text == "SELECT a FROM t WHERE a = $1 AND b IN ($2, $3) AND c = $4")
    }

    @Test func `only the values of the database at hand are bound`() {
        let sql: SQL = "a\(sqlite: " = \(1)", postgres: " = ANY (\(2))") AND b = \(3)"
        #expect(sql.rendered(for: .sqlite) == ("a = ? AND b = ?", [.integer(1), .integer(3)]))
        #expect(sql.rendered(for: .postgres) == ("a = ANY ($1) AND b = $2", [.integer(2), .integer(3)]))
    }

    @Test func `column types are spelled as each database does`() {
        let sql: SQL = "\(type: .blob), \(type: .json)"
        #expect(sql.rendered(for: .sqlite).text == "BLOB, TEXT")
        #expect(sql.rendered(for: .postgres).text == "BYTEA, JSON")
    }
}

/// The two databases this program runs on.
///
/// One SQL text serves both where they agree. What to write otherwise: NULLs sort first on SQLite and last on PostgreSQL (say `NULLS
/// LAST`); a value that may be NULL and stands alone, as in `\(name) IS NULL`, needs `CAST(\(name) AS TEXT)` for PostgreSQL to know its
/// type; rows that are read to be changed need `\(sqlite: "", postgres: "FOR UPDATE")`.
package enum Dialect: String, Sendable, CaseIterable {
    case sqlite
    case postgres
}

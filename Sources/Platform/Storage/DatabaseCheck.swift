/// What is known of a database that answered.
package struct DatabaseCheck: Sendable, Equatable {
    package let dialect: Dialect
    /// The engine's own version, such as `3.40.1` or `15.8`.
    package let version: String
    /// Where it is, without a password.
    package let location: String
    /// How it makes commits durable: SQLite's journal mode, PostgreSQL's `synchronous_commit`.
    package let durability: String
}

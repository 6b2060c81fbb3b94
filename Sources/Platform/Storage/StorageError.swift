/// A storage call that failed.
package struct StorageError: Error, Sendable, Equatable {
    /// What a caller can act on.
    package enum Reason: Sendable, Equatable {
        /// Nobody answers at the address.
        case unreachable(server: String)
        /// The server refused the user or the password.
        case authenticationFailed(server: String)
        /// The server answers, but refuses this connection: no such database, too many connections, TLS demanded.
        case connectionRefused(server: String, why: String)
        /// The configured address can't be understood.
        case invalidLocation(String)
        /// The file, its folder or the server takes no writes.
        case readOnly(String)
        /// No space is left where the database is.
        case diskFull(String)
        /// The file is no SQLite database, or is damaged.
        case notADatabase(path: String)
        /// The file can't be opened or made.
        case cannotOpen(path: String, why: String)
        /// A newer program has changed the tables.
        case newerSchema(found: Int, known: Int)
        /// The recorded migrations aren't this program's.
        case foreignSchema(String)
        /// Another writer held the lock too long, or too many transactions wait; later it may work.
        case busy
        /// A row broke a rule of the schema.
        case constraint(Constraint)
        /// The server went away during the commit, whose outcome is unknown.
        case connectionLost
        /// A statement took longer than allowed and was undone.
        case timedOut
        /// ``Database/close()`` was called.
        case closed
        /// A text holds the character NUL, which PostgreSQL can't store.
        case nulInText
        /// A column is missing or holds another kind of value.
        case unexpectedColumn(String)
        /// The disk or the memory failed.
        case failing(String)
        /// The statement is wrong: a bug in this program.
        case malformed
    }

    package let reason: Reason
    /// The statement with placeholders, for the log; never its values.
    package let sql: String?
    /// The engine's own code or message, for the log, when it can't hold a bound value.
    package let cause: String?

    package init(_ reason: Reason, sql: String? = nil, cause: String? = nil) {
        self.reason = reason
        self.sql = sql
        self.cause = cause
    }
}

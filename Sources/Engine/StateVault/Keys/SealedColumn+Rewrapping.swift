internal import Sealing
internal import Storage

extension SealedColumn {
    /// One message's beginning, which is all that rotation moves.
    struct Message: Sendable {
        let id: SQLValue
        /// Nil when what it belongs to is gone.
        let context: String?
        let head: [UInt8]
        let byteCount: Int
    }

    /// What became of a message.
    struct Rewrapping: Sendable {
        let id: SQLValue
        let head: Envelope.RewrappedHead
    }

    /// The next messages that the key wraps, in the order of their ids.
    func messages(sealedBy key: String, after id: SQLValue?, limit: Int, in transaction: Transaction) throws -> [Message] {
        let rest: SQL = if let id { "AND \(verbatim: self.id) > \(id)" } else { "" }
        return try transaction.rows(
            """
            SELECT \(verbatim: self.id) AS id, \(sql: context) AS context,
                substr(\(verbatim: column), 1, \(sql: Self.headSize)) AS head, length(\(verbatim: column)) AS byte_count
            FROM \(verbatim: table)
            WHERE \(sql: isSealed(by: key)) \(sql: rest)
            ORDER BY \(verbatim: self.id)
            LIMIT \(limit)
            """
        ).map { row in
            Message(
                id: try row.value("id"),
                context: try row.value("context"),
                head: try row.value("head"),
                byteCount: try row.value("byte_count")
            )
        }
    }

    /// Puts the new beginning before the body where it lies, unless the row holds another message by now.
    ///
    /// - Returns: Whether it was done.
    func replace(_ change: Rewrapping, key: String, in transaction: Transaction) throws -> Bool {
        let (old, new) = (change.head.old, change.head.new)
        let difference = new.count - old.count
        // SQLite makes text of what || joins, byte by byte.
        let message: SQL = """
            \(
                sqlite: "CAST(\(new) || substr(\(verbatim: column), \(old.count + 1)) AS BLOB)",
                postgres: "CAST(\(new) AS BYTEA) || substr(\(verbatim: column), CAST(\(old.count + 1) AS INTEGER))"
            )
            """
        let facts: SQL = hasKeyName ? ", key_name = \(key), sealed_size_bytes = sealed_size_bytes + \(difference)" : ""
        // The header holds a random nonce: the same one is the same message.
        return try transaction.execute(
            """
            UPDATE \(verbatim: table)
            SET \(verbatim: column) = \(sql: message)\(sql: facts)
            WHERE \(verbatim: id) = \(change.id)
                AND substr(\(verbatim: column), 1, \(sqlite: "\(old.count)", postgres: "CAST(\(old.count) AS INTEGER)")) = \(old)
            """
        ) == 1
    }

    /// ``EnvelopeHeader/largestSize``, pasted: a bound number would be a BIGINT, which PostgreSQL's substr doesn't take.
    private static let headSize: SQL = "184"
}

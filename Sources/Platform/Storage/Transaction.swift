/// The statements of one transaction, in the order they are called.
///
/// Valid only inside the closure that received it. After a statement failed the transaction can only be given up: every further
/// statement throws the same error, and so does the end, even when the closure caught it. To go on after a failure, put what may
/// fail in ``nested(_:)``.
package struct Transaction {
    private let connection: any Connection

    init(on connection: any Connection) { self.connection = connection }

    /// The database behind it, for where the SQL must differ.
    package var dialect: Dialect { connection.dialect }

    /// Runs a statement and drops its rows.
    ///
    /// - Returns: How many rows it inserted, changed or deleted.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func execute(_ sql: SQL) throws(StorageError) -> Int { try run(sql, rowLimit: 0).affectedRows }

    /// Runs a statement and returns all its rows: bound them with LIMIT.
    ///
    /// - Throws: ``StorageError``.
    package func rows(_ sql: SQL) throws(StorageError) -> [Row] { try run(sql, rowLimit: .max).rows }

    /// Runs a statement to its end and returns its first row.
    ///
    /// - Throws: ``StorageError``.
    package func first(_ sql: SQL) throws(StorageError) -> Row? { try run(sql, rowLimit: 1).rows.first }

    /// Rings a doorbell once this transaction is durable; not at all when it is rolled back.
    ///
    /// - Parameter channel: 1 to 40 of a–z, 0–9 and `_`; a program error otherwise.
    package func notify(_ channel: String) {
        precondition(Doorbells.isChannel(channel), "no name for a channel: \(channel)")
        if !connection.scope.bells.contains(channel) { connection.scope.bells.append(channel) }
    }

    /// Runs statements that may fail without the rest: when `body` throws, only its own statements and notifications are undone.
    ///
    /// - Throws: What `body` throws, or a statement's error that it caught.
    @discardableResult
    package func nested<T>(_ body: () throws -> T) throws -> T {
        if let failure = connection.scope.failure { throw failure }
        let bellCount = connection.scope.bells.count
        try connection.control("SAVEPOINT nested")
        do {
            let value = try body()
            if let failure = connection.scope.failure { throw failure }
            try connection.control("RELEASE SAVEPOINT nested")
            return value
        } catch {
            do throws(StorageError) {
                try connection.control("ROLLBACK TO SAVEPOINT nested")
                try connection.control("RELEASE SAVEPOINT nested")
                connection.scope.bells.removeLast(connection.scope.bells.count - bellCount)
                // A deadlock's victim must start over as a whole.
                if !connection.scope.mustStartOver { connection.scope.failure = nil }
            } catch {
                // The connection or the whole transaction is gone; the first failure says why.
                connection.scope.failure = connection.scope.failure ?? error
            }
            throw error
        }
    }

    private func run(_ sql: SQL, rowLimit: Int) throws(StorageError) -> Answer {
        if let failure = connection.scope.failure { throw failure }
        do throws(StorageError) {
            return try connection.run(sql, rowLimit: rowLimit)
        } catch {
            connection.scope.failure = error
            throw error
        }
    }
}

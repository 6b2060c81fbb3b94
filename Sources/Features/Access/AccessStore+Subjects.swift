internal import Domain
package import Storage

extension AccessStore {
    /// Who a subject is now, and what it may: for whoever listens on long after it was let in.
    ///
    /// Asks the database each time, and moves no session's end.
    ///
    /// - Parameters:
    ///   - subject: As it was when it came: ``Principal/subject``.
    ///   - transaction: What else is asked in it fits together.
    /// - Returns: Nil for a token that was revoked or is over, a session that was ended or is over, and a person who is disabled.
    /// - Throws: ``StorageError``.
    package func principal(of subject: Subject, in transaction: Transaction) throws -> Principal? {
        switch subject {
        case .token(let id): try Self.token(where: "t.id = \(id)", at: now(), in: transaction)?.principal
        case .session(let id): try Self.session(id, at: now(), in: transaction)?.principal
        case .local: .local("local")
        }
    }
}

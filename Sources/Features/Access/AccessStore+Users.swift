package import Audit
package import Domain
internal import FoundationEssentials
internal import Sealing
internal import Storage

extension AccessStore {
    /// The people in the order they were made.
    ///
    /// - Parameters:
    ///   - after: Only later ones: the last of the page before.
    ///   - limit: The page's length.
    /// - Returns: The people.
    /// - Throws: ``StorageError``.
    package func users(after: UserID? = nil, limit: Int = 100) async throws -> [User] {
        try await database.read { transaction in
            try transaction.rows(
                "SELECT \(sql: User.columns) FROM users WHERE id > \(after?.rawValue ?? 0) ORDER BY id LIMIT \(max(0, limit))"
            ).map(User.init)
        }
    }

    /// The person of that name, in whatever case, or nil.
    package func user(named name: String) async throws -> User? {
        // What SQL can't take is nobody's name.
        guard !name.utf8.contains(0) else { return nil }
        return try await database.read { transaction in
            try transaction.first("SELECT \(sql: User.columns) FROM users WHERE name = \(name.lowercased())").map(User.init)
        }
    }

    /// The person with that id, or nil.
    package func user(_ id: UserID) async throws -> User? {
        try await database.read { transaction in
            try transaction.first("SELECT \(sql: User.columns) FROM users WHERE id = \(id)").map(User.init)
        }
    }

    /// The person of that name.
    ///
    /// - Throws: ``AccessError/Reason/notFound``.
    package func requireUser(named name: String) async throws -> User {
        guard let found = try await user(named: name) else {
            throw AccessError(.notFound, "There is no user '\(name)'; `slipway user list` shows those there are.")
        }
        return found
    }

    /// Makes a person.
    ///
    /// - Parameters:
    ///   - name: Kept in small letters.
    ///   - password: 12 to 1024 bytes; nil for one who has tokens only.
    ///   - isAdministrator: May do everything, everywhere.
    ///   - author: For the record.
    /// - Returns: The person, who has no place anywhere yet.
    /// - Throws: ``AccessError`` for what is no name, a name that is taken or a password that is too short.
    @discardableResult
    package func createUser(
        named name: String,
        password: String? = nil,
        isAdministrator: Bool = false,
        by author: Author
    ) async throws -> User {
        try Self.check(name, is: "user")
        let (name, time) = (name.lowercased(), now())
        let hash = try await hash(password)
        return try await change(orConflict: "There is a user '\(name)' already.") { [audit] transaction in
            let row = try transaction.first(
                """
                INSERT INTO users (name, password_hash, is_administrator, created_at, updated_at)
                VALUES (\(name), \(hash), \(isAdministrator), \(time), \(time))
                RETURNING \(sql: User.columns)
                """
            )
            guard let made = try row.map(User.init) else { throw AccessError(.conflict, "The user was not made.") }
            try audit.append(
                "user.created",
                of: "user:\(name)",
                by: author,
                organization: nil,
                details: isAdministrator ? ["administrator": "true"] : [:],
                at: time,
                in: transaction
            )
            return made
        }
    }

    /// Ends a person's sessions and stops password and tokens from working, or lets them work again.
    ///
    /// - Throws: ``AccessError/Reason/notFound``.
    @discardableResult
    package func setDisabled(_ isDisabled: Bool, user id: UserID, by author: Author) async throws -> User {
        let time = now()
        return try await change { [audit] transaction in
            let disabledAt = isDisabled ? time : nil
            let row = try transaction.first(
                """
                UPDATE users SET disabled_at = \(disabledAt), updated_at = \(time) WHERE id = \(id)
                RETURNING \(sql: User.columns)
                """
            )
            guard let user = try row.map(User.init) else { throw AccessError(.notFound, "There is no user \(id).") }
            if isDisabled { try transaction.execute("DELETE FROM sessions WHERE user_id = \(id)") }
            try audit.append(
                isDisabled ? "user.disabled" : "user.enabled",
                of: "user:\(user.name)",
                by: author,
                organization: nil,
                at: time,
                in: transaction
            )
            return user
        }
    }

    /// Gives a person another password, or takes it away, and ends all sessions.
    ///
    /// - Throws: ``AccessError`` for a password that is too short, or when there is no such person.
    package func setPassword(_ password: String?, of id: UserID, by author: Author) async throws {
        let time = now()
        let hash = try await hash(password)
        try await change { [audit] transaction in
            let row = try transaction.first(
                "UPDATE users SET password_hash = \(hash), updated_at = \(time) WHERE id = \(id) RETURNING name"
            )
            guard let name: String = try row?.value("name") else { throw AccessError(.notFound, "There is no user \(id).") }
            try transaction.execute("DELETE FROM sessions WHERE user_id = \(id)")
            try audit.append(
                password == nil ? "user.password_removed" : "user.password_changed",
                of: "user:\(name)",
                by: author,
                organization: nil,
                at: time,
                in: transaction
            )
        }
    }

    /// The hash's text of a password that is long enough.
    private func hash(_ password: String?) async throws -> String? {
        guard let password else { return nil }
        guard 12...1024 ~= password.utf8.count else {
            throw AccessError(.invalid, "The password must have at least 12 characters, and at most 1024.")
        }
        return try await passwords.hash(password).text
    }
}

package import Audit
package import Domain
internal import FoundationEssentials
internal import Sealing
internal import Storage

extension AccessStore {
    /// Makes a token; ask ``Principal/mayMake(_:)`` before.
    ///
    /// - Returns: The token with its text, which nobody can read again.
    /// - Throws: ``AccessError`` for what is no name, an expiry in the past, permissions that its role doesn't have, or an owner that
    ///   isn't there.
    package func createToken(_ new: NewToken, by author: Author) async throws -> MadeToken {
        let time = now()
        try Self.check(new, at: time)
        let text = try TokenText.make()
        let permissions = try new.permissions.map(Token.text)
        return try await change { [audit] transaction in
            let owner = try Owner(new, in: transaction)
            let row = try transaction.first(
                """
                INSERT INTO api_tokens
                    (name, hash, hint, user_id, organization_id, role, permissions, is_administrator, created_by, created_at, expires_at)
                VALUES (\(new.name), \(TokenText.hash(text)), \(TokenText.hint(text)), \(owner.user), \(owner.organization),
                    \(owner.role), \(permissions), \(owner.isAdministrator), \(author.name), \(time), \(new.expiresAt))
                RETURNING id
                """
            )
            guard let id: TokenID = try row?.value("id"), let made = try Self.token(id, in: transaction) else {
                throw AccessError(.conflict, "The token was not made.")
            }
            try audit.append(
                "token.created",
                of: "token:\(id)",
                by: author,
                organization: owner.organization,
                details: Self.facts(of: made),
                at: time,
                in: transaction
            )
            return MadeToken(token: made, text: text)
        }
    }

    /// The tokens in the order they were made, those that are revoked or over included.
    ///
    /// - Parameters:
    ///   - organization: Only this one's machines', and people's that work in this one only.
    ///   - user: Only this person's.
    ///   - after: Only later ones: the last of the page before.
    ///   - limit: The page's length.
    /// - Returns: What may be shown of them.
    /// - Throws: ``StorageError``.
    package func tokens(
        of organization: OrganizationID? = nil,
        user: UserID? = nil,
        after: TokenID? = nil,
        limit: Int = 100
    ) async throws -> [Token] {
        try await database.read { transaction in
            var condition: SQL = "t.id > \(after?.rawValue ?? 0)"
            if let organization { condition = "\(sql: condition) AND t.organization_id = \(organization)" }
            if let user { condition = "\(sql: condition) AND t.user_id = \(user)" }
            return try transaction.rows(
                "SELECT \(sql: Token.columns) FROM \(sql: Token.tables) WHERE \(sql: condition) ORDER BY t.id LIMIT \(max(0, limit))"
            ).map(Token.init)
        }
    }

    /// The token with that id, or nil.
    package func token(_ id: TokenID) async throws -> Token? { try await database.read { try Self.token(id, in: $0) } }

    /// Ends a token; it stays in the list for 90 days.
    ///
    /// Once more does nothing.
    ///
    /// - Returns: The token.
    /// - Throws: ``AccessError/Reason/notFound``.
    @discardableResult
    package func revokeToken(_ id: TokenID, by author: Author) async throws -> Token {
        let time = now()
        return try await change { [audit] transaction in
            let count = try transaction.execute("UPDATE api_tokens SET revoked_at = \(time) WHERE id = \(id) AND revoked_at IS NULL")
            guard let token = try Self.token(id, in: transaction) else {
                throw AccessError(.notFound, "There is no token \(id); `slipway token list` shows those there are.")
            }
            if count > 0 {
                try audit.append(
                    "token.revoked",
                    of: "token:\(id)",
                    by: author,
                    organization: token.organization,
                    details: Self.facts(of: token),
                    at: time,
                    in: transaction
                )
            }
            return token
        }
    }

    /// Makes the administrator's first token, unless it was made before.
    ///
    /// Of several processes that start at once only one makes it, and only that one is given its text. A revoked one isn't made again:
    /// `slipway token add NAME --administrator` makes others.
    ///
    /// - Returns: `slp_…`, to be printed once; nil when it was made before.
    /// - Throws: ``StorageError``.
    package func ensureAdministratorToken(by author: Author) async throws -> String? {
        let time = now()
        let isThere = try await database.read { try $0.first("SELECT 1 AS one FROM api_tokens WHERE is_first = 1") != nil }
        if isThere { return nil }
        let text = try TokenText.make()
        return try await change { [audit] transaction in
            let row = try transaction.first(
                """
                INSERT INTO api_tokens (name, hash, hint, is_administrator, is_first, created_by, created_at)
                VALUES ('administrator', \(TokenText.hash(text)), \(TokenText.hint(text)), 1, 1, \(author.name), \(time))
                ON CONFLICT DO NOTHING
                RETURNING id
                """
            )
            guard let id: TokenID = try row?.value("id") else { return nil }
            try audit.append(
                "token.created",
                of: "token:\(id)",
                by: author,
                organization: nil,
                details: ["name": "administrator", "administrator": "true"],
                at: time,
                in: transaction
            )
            return text
        }
    }

    // MARK: Details

    static func token(_ id: TokenID, in transaction: Transaction) throws -> Token? {
        try transaction.first("SELECT \(sql: Token.columns) FROM \(sql: Token.tables) WHERE t.id = \(id)").map(Token.init)
    }

    private static func facts(of token: Token) -> [String: String] {
        [
            "name": token.name, "user": token.userName ?? "", "role": token.role?.rawValue ?? "",
            "permissions": token.permissions.map { $0.list.map(\.rawValue).joined(separator: " ") } ?? "",
            "administrator": token.isAdministrator ? "true" : "",
        ]
    }

    private static func check(_ new: NewToken, at now: Date) throws(AccessError) {
        try check(new.name, is: "token")
        if let expiry = new.expiresAt, expiry <= now { throw AccessError(.invalid, "The token would be over already; give a later time.") }
        guard let permissions = new.permissions else { return }
        let most: Permissions =
            switch new.owner {
            case .administrator: .all
            case .organization(_, let role): role.permissions
            case .user: new.role?.permissions ?? .all
            }
        if permissions.list.isEmpty {
            throw AccessError(.invalid, "The token would be allowed nothing; name a permission, or none for all.")
        }
        if let extra = permissions.list.first(where: { !most.contains($0) }) {
            throw AccessError(
                .invalid,
                "The token's role doesn't have the permission '\(extra.rawValue)'; leave it out or give another role."
            )
        }
    }

    /// The columns that say whose a token is.
    private struct Owner {
        var user: UserID?
        var organization: OrganizationID?
        var role: Role?
        var isAdministrator = false

        init(_ new: NewToken, in transaction: Transaction) throws {
            switch new.owner {
            case .administrator:
                isAdministrator = true
            case .organization(let organization, let role):
                (self.organization, self.role) = (organization, role)
            case .user(let user):
                _ = try AccessStore.name(of: user, in: transaction)
                (self.user, organization, role) = (user, new.organization, new.role)
            }
            if let organization { _ = try AccessStore.locked(organization, in: transaction) }
        }
    }
}

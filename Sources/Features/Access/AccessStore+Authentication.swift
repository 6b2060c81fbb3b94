internal import Domain
internal import FoundationEssentials
internal import Storage

/// Who a token is, and until when.
struct KnownToken: Sendable {
    let principal: Principal
    let expiresAt: Date?
}

extension AccessStore {
    /// Who a token is.
    ///
    /// Remembered for 5 seconds, so that most calls ask no database; a token that another process revoked works as long.
    ///
    /// - Parameter text: `slp_…`.
    /// - Returns: Nil for what is no token, one that was revoked or is over, or whose person is disabled.
    /// - Throws: ``StorageError``.
    package func authenticate(token text: String) async throws -> Principal? {
        guard TokenText.isToken(text) else { return nil }
        let (hash, time) = (TokenText.hash(text), now())
        if let known = tokenCache.value(hash, at: time) {
            return known.expiresAt.map { $0 <= time } ?? false ? nil : known.principal
        }
        let generation = tokenCache.generation
        let found = try await database.read { try Self.token(where: "t.hash = \(hash)", at: time, in: $0) }
        guard let (token, principal) = found else { return nil }
        tokenCache.store(KnownToken(principal: principal, expiresAt: token.expiresAt), for: hash, at: time, generation: generation)
        if token.lastUsedAt.map({ time.timeIntervalSince($0) >= 60 }) ?? true {
            // When it was used last is worth less than the request: a database that takes no writes answers readers still.
            _ = try? await database.write { transaction in
                try transaction.execute(
                    """
                    UPDATE api_tokens SET last_used_at = \(time)
                    WHERE id = \(token.id) AND (last_used_at IS NULL OR last_used_at <= \(time - 60))
                    """
                )
            }
        }
        return principal
    }

    /// Who a token is, where that is known without asking the database.
    ///
    /// - Parameter text: `slp_…`.
    /// - Returns: Nil: ``authenticate(token:)`` has to find out.
    package func known(token text: String) -> Principal? {
        guard TokenText.isToken(text) else { return nil }
        let time = now()
        guard let known = tokenCache.value(TokenText.hash(text), at: time) else { return nil }
        return known.expiresAt.map { $0 <= time } ?? false ? nil : known.principal
    }

    /// A token that works, and who it is.
    static func token(where condition: SQL, at time: Date, in transaction: Transaction) throws -> (token: Token, principal: Principal)? {
        let row = try transaction.first(
            """
            SELECT \(sql: Token.columns) FROM \(sql: Token.tables)
            WHERE \(sql: condition) AND t.revoked_at IS NULL AND u.disabled_at IS NULL
            """
        )
        guard let token = try row.map(Token.init), !token.isOver(at: time) else { return nil }
        return (token, try principal(of: token, in: transaction))
    }

    private static func principal(of token: Token, in transaction: Transaction) throws -> Principal {
        let limit = token.permissions ?? .all
        guard let user = token.user else {
            let actor = "token:\(token.name)"
            if token.isAdministrator { return Principal(actor: actor, token: token.id, roleElsewhere: .owner, limit: limit) }
            var places: [OrganizationID: Role] = [:]
            if let organization = token.organization, let role = token.role { places[organization] = role }
            return Principal(actor: actor, token: token.id, organizations: places, limit: limit)
        }
        var (places, elsewhere) = try places(of: user, in: transaction)
        if let most = token.role {
            places = places.mapValues { min($0, most) }
            elsewhere = elsewhere.map { min($0, most) }
        }
        if let only = token.organization {
            places = (places[only] ?? elsewhere).map { [only: $0] } ?? [:]
            elsewhere = nil
        }
        return Principal(
            actor: "token:\(token.name) (\(token.userName ?? user.description))",
            user: user,
            userName: token.userName,
            token: token.id,
            organizations: places,
            roleElsewhere: elsewhere,
            limit: limit
        )
    }

    /// A person's places; an administrator is owner everywhere, and needs none.
    static func places(of user: UserID, in transaction: Transaction) throws -> ([OrganizationID: Role], elsewhere: Role?) {
        let row = try transaction.first("SELECT is_administrator FROM users WHERE id = \(user)")
        if try row?.value("is_administrator", as: Bool.self) ?? false { return ([:], .owner) }
        var places: [OrganizationID: Role] = [:]
        for row in try transaction.rows("SELECT organization_id, role FROM memberships WHERE user_id = \(user)") {
            places[try row.value("organization_id")] = try row.value("role", as: Role.self)
        }
        return (places, nil)
    }
}

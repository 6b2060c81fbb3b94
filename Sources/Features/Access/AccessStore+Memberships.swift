package import Audit
package import Domain
internal import FoundationEssentials
internal import Storage

extension AccessStore {
    /// Who is in an organization, by id.
    ///
    /// - Parameters:
    ///   - organization: Which.
    ///   - after: Only later people: the last of the page before.
    ///   - limit: The page's length.
    /// - Returns: The places.
    /// - Throws: ``StorageError``.
    package func members(of organization: OrganizationID, after: UserID? = nil, limit: Int = 100) async throws -> [Membership] {
        try await memberships("m.organization_id = \(organization) AND m.user_id > \(after?.rawValue ?? 0)", limit)
    }

    /// Where a person has a place, at most 1000.
    package func memberships(of user: UserID) async throws -> [Membership] { try await memberships("m.user_id = \(user)", 1000) }

    private func memberships(_ condition: SQL, _ limit: Int) async throws -> [Membership] {
        try await database.read { transaction in
            try transaction.rows(
                """
                SELECT m.organization_id, o.name AS organization_name, m.user_id, u.name AS user_name, m.role
                FROM memberships m JOIN organizations o ON o.id = m.organization_id JOIN users u ON u.id = m.user_id
                WHERE \(sql: condition)
                ORDER BY m.user_id, m.organization_id
                LIMIT \(max(0, limit))
                """
            ).map(Membership.init)
        }
    }

    /// Gives a person a place, or another one; see ``Principal/mayGive(_:in:)``.
    ///
    /// - Throws: ``AccessError/Reason/notFound`` when one of the two isn't there.
    package func grant(_ role: Role, to user: UserID, in organization: OrganizationID, by author: Author) async throws {
        let time = now()
        try await change { [audit] transaction in
            let name = try Self.name(of: user, in: transaction)
            _ = try Self.locked(organization, in: transaction)
            try transaction.execute(
                """
                INSERT INTO memberships (organization_id, user_id, role, created_at, updated_at)
                VALUES (\(organization), \(user), \(role), \(time), \(time))
                ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role, updated_at = excluded.updated_at
                """
            )
            try audit.append(
                "member.granted",
                of: "user:\(name)",
                by: author,
                organization: organization,
                details: ["role": role.rawValue],
                at: time,
                in: transaction
            )
        }
    }

    /// Takes a person's place away.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``AccessError/Reason/notFound`` when there is no such person.
    @discardableResult
    package func revoke(_ user: UserID, in organization: OrganizationID, by author: Author) async throws -> Bool {
        let time = now()
        return try await change { [audit] transaction in
            let name = try Self.name(of: user, in: transaction)
            let count = try transaction.execute(
                "DELETE FROM memberships WHERE organization_id = \(organization) AND user_id = \(user)"
            )
            guard count > 0 else { return false }
            try audit.append(
                "member.revoked",
                of: "user:\(name)",
                by: author,
                organization: organization,
                at: time,
                in: transaction
            )
            return true
        }
    }

    static func name(of user: UserID, in transaction: Transaction) throws -> String {
        guard let row = try transaction.first("SELECT name FROM users WHERE id = \(user)") else {
            throw AccessError(.notFound, "There is no user \(user).")
        }
        return try row.value("name")
    }
}

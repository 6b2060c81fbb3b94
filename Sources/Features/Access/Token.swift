package import Domain
package import FoundationEssentials
internal import Storage

/// What may be shown of a token.
package struct Token: Sendable, Hashable {
    package let id: TokenID
    package let name: String
    /// Its first characters.
    package let hint: String
    /// Whose it is; nil for a machine's and the administrator's.
    package let user: UserID?
    package let userName: String?
    /// A machine's organization, or the only one in which a person's works.
    package let organization: OrganizationID?
    package let organizationName: String?
    /// A machine's role, or the most that a person's is.
    package let role: Role?
    /// Only these; nil for all that its role has.
    package let permissions: Permissions?
    /// May do everything, unless narrowed to permissions.
    package let isAdministrator: Bool
    package let createdBy: String
    package let createdAt: Date
    package let expiresAt: Date?
    /// At most a minute old.
    package let lastUsedAt: Date?
    package let revokedAt: Date?

    /// Works no more.
    package func isOver(at now: Date) -> Bool { revokedAt != nil || expiresAt.map { $0 <= now } ?? false }

    static let columns: SQL = """
        t.id, t.name, t.hint, t.user_id, u.name AS user_name, t.organization_id, o.name AS organization_name, t.role, t.permissions,
        t.is_administrator, t.created_by, t.created_at, t.expires_at, t.last_used_at, t.revoked_at
        """
    static let tables: SQL = """
        api_tokens t LEFT JOIN users u ON u.id = t.user_id LEFT JOIN organizations o ON o.id = t.organization_id
        """

    init(_ row: Row) throws {
        id = try row.value("id")
        name = try row.value("name")
        hint = try row.value("hint")
        user = try row.value("user_id")
        userName = try row.value("user_name")
        organization = try row.value("organization_id")
        organizationName = try row.value("organization_name")
        role = try row.value("role")
        permissions = try row.value("permissions", as: String?.self).map(Self.permissions)
        isAdministrator = try row.value("is_administrator")
        createdBy = try row.value("created_by")
        createdAt = try row.value("created_at")
        expiresAt = try row.value("expires_at")
        lastUsedAt = try row.value("last_used_at")
        revokedAt = try row.value("revoked_at")
    }

    /// A permission that this program doesn't know is none: a token never has more than what it was made for.
    private static func permissions(_ text: String) throws -> Permissions {
        Permissions(try JSONDecoder().decode([String].self, from: Data(text.utf8)).compactMap { Permission(rawValue: $0) })
    }

    static func text(of permissions: Permissions) throws -> String {
        String(decoding: try JSONEncoder().encode(permissions.list.map(\.rawValue)), as: UTF8.self)
    }
}

package import Access
internal import Domain
package import FoundationEssentials

/// A token, as `--json` prints it; its text only when it was just made.
package struct TokenDocument: Codable, Sendable {
    package let id: Int64
    package let name: String
    package let hint: String
    package let token: String?
    package let user: String?
    package let organization: String?
    package let role: String?
    package let permissions: [String]?
    package let administrator: Bool
    package let createdBy: String
    package let createdAt: Date
    package let expiresAt: Date?
    package let lastUsedAt: Date?
    package let revokedAt: Date?

    package init(_ found: Token, text: String? = nil) {
        id = found.id.rawValue
        name = found.name
        hint = found.hint
        token = text
        user = found.userName
        organization = found.organizationName
        role = found.role?.rawValue
        permissions = found.permissions.map { $0.list.map(\.rawValue) }
        administrator = found.isAdministrator
        createdBy = found.createdBy
        createdAt = found.createdAt
        expiresAt = found.expiresAt
        lastUsedAt = found.lastUsedAt
        revokedAt = found.revokedAt
    }
}

extension TokenDocument {
    static let schema = NamedSchema(
        "Token",
        .object([
            .init("id", .integer, "Its number"),
            .init("name", .string(), "What it is for"),
            .init("hint", .string(), "Its first characters"),
            .optional("token", .string(), "slp_…: all of it, shown once, when it is made"),
            .optional("user", .string(), "Whose"),
            .optional("organization", .string(), "The only one in which it works"),
            .optional("role", .string(), "The most that it is"),
            .optional("permissions", .list(.string()), "Only these; without it all that the role has"),
            .init("administrator", .boolean, "May do everything"),
            .init("createdBy", .string(), "Who made it"),
            .init("createdAt", .moment, "When it was made"),
            .optional("expiresAt", .moment, "When it ends"),
            .optional("lastUsedAt", .moment, "To the minute"),
            .optional("revokedAt", .moment, "When it was ended"),
        ])
    )
}

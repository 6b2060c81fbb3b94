package import Access
internal import Domain
package import FoundationEssentials

/// A person, as `--json` prints it.
package struct UserDocument: Codable, Sendable {
    package struct Place: Codable, Sendable {
        package let organization: String
        package let role: String
    }

    package let user: Int64
    package let name: String
    package let administrator: Bool
    package let hasPassword: Bool
    package let disabledAt: Date?
    package let createdAt: Date
    package let memberships: [Place]

    package init(_ found: User, _ places: [Membership]) {
        user = found.id.rawValue
        name = found.name
        administrator = found.isAdministrator
        hasPassword = found.hasPassword
        disabledAt = found.disabledAt
        createdAt = found.createdAt
        memberships = places.map { Place(organization: $0.organizationName, role: $0.role.rawValue) }
    }
}

extension UserDocument {
    static let schema = NamedSchema(
        "User",
        .object([
            .init("user", .integer, "Its number"),
            .init("name", .string(), "In small letters"),
            .init("administrator", .boolean, "May do everything, everywhere"),
            .init("hasPassword", .boolean, "Can log in with one"),
            .optional("disabledAt", .moment, "Since then neither sessions nor tokens work"),
            .init("createdAt", .moment, "When it was made"),
            .init(
                "memberships",
                .list(
                    .object([.init("organization", .string(), "Where"), .init("role", .choice(Role.allCases.map(\.rawValue)), "As what")])
                ),
                "The places"
            ),
        ])
    )
}

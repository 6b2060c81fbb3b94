package import Access
internal import Domain
package import FoundationEssentials

/// An organization, as `--json` prints it.
package struct OrganizationDocument: Codable, Sendable {
    package let organization: Int64
    package let name: String
    package let createdAt: Date

    package init(_ found: Organization) {
        organization = found.id.rawValue
        name = found.name
        createdAt = found.createdAt
    }
}

extension OrganizationDocument {
    static let schema = NamedSchema(
        "Organization",
        .object([
            .init("organization", .integer, "Its number"), .init("name", .string(), "Its name"),
            .init("createdAt", .moment, "When it was made"),
        ])
    )
}

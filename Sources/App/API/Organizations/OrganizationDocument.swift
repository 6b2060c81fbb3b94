package import Access
internal import Domain
package import FoundationEssentials
package import Terraform

/// An organization, as `--json` prints it.
package struct OrganizationDocument: Codable, Sendable {
    package let organization: Int64
    package let name: String
    package let createdAt: Date
    /// Nil: as it is configured for all organizations.
    package let network: String?
    package let networkAllow: [String]
    /// What each of its runs may take of the machine.
    package let limits: LimitsDocument

    /// - Parameters:
    ///   - found: The organization.
    ///   - configured: What is configured for all organizations.
    package init(_ found: Organization, _ configured: RunLimits) {
        organization = found.id.rawValue
        name = found.name
        createdAt = found.createdAt
        network = found.network?.rawValue
        networkAllow = found.allowedRanges.map(\.description)
        limits = LimitsDocument(configured.replaced(by: found.limits))
    }
}

extension OrganizationDocument {
    static let schema = NamedSchema(
        "Organization",
        .object(
            [
                .init("organization", .integer, "Its number"), .init("name", .string(), "Its name"),
                .init("createdAt", .moment, "When it was made"),
            ] + network + [.init("limits", .named(LimitsDocument.schema), "What each of its runs may take of the machine")]
        )
    )

    static let network: [Schema.Property] = [
        .optional(
            "network",
            .choice(NetworkMode.allCases.map(\.rawValue)),
            "The network of its runs; absent: as configured for all organizations"
        ),
        .optional(
            "networkAllow",
            .list(.string()),
            "IPv4 ranges in CIDR notation that a filtered network reaches although they are private or the server's own"
        ),
    ]
}

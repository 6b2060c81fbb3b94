package import Domain
internal import Storage

/// A person's place in an organization.
package struct Membership: Sendable, Hashable {
    package let organization: OrganizationID
    package let organizationName: String
    package let user: UserID
    package let userName: String
    package let role: Role

    init(_ row: Row) throws {
        organization = try row.value("organization_id")
        organizationName = try row.value("organization_name")
        user = try row.value("user_id")
        userName = try row.value("user_name")
        role = try row.value("role")
    }
}

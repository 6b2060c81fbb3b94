import Domain

/// The organization that a request is about, which its caller may see.
struct WorkingOrganization: Sendable {
    let id: OrganizationID
    let name: String
}

package import Domain
package import FoundationEssentials

/// A token to be made.
package struct NewToken: Sendable, Hashable {
    /// Whose rights it has.
    package enum Owner: Sendable, Hashable {
        /// A person's, wherever the person has a place; ends with the person's.
        case user(UserID)
        /// A machine's: a place of its own, which stays when its maker goes.
        case organization(OrganizationID, Role)
        /// Everything.
        case administrator
    }

    /// What it is called in lists: 1 to 64 letters, digits, dots, dashes and underscores.
    package var name: String
    package var owner: Owner
    /// A person's only in this organization.
    package var organization: OrganizationID?
    /// A person's at most as this.
    package var role: Role?
    /// Only these; nil for all that its role has.
    package var permissions: Permissions?
    package var expiresAt: Date?

    package init(
        name: String,
        owner: Owner,
        organization: OrganizationID? = nil,
        role: Role? = nil,
        permissions: Permissions? = nil,
        expiresAt: Date? = nil
    ) {
        self.name = name
        self.owner = owner
        self.organization = organization
        self.role = role
        self.permissions = permissions
        self.expiresAt = expiresAt
    }
}

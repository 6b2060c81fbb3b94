package import Audit
package import Domain

/// Whoever makes a request, and what they may.
package struct Principal: Sendable, Hashable {
    /// For the audit: `user:anna`, `token:ci (anna)`, `anna@laptop`.
    package let actor: String
    /// The person behind it; nil for a machine's token and for the local user.
    package let user: UserID?
    /// The person's name.
    package let userName: String?
    /// The token that it came with; nil for a session and for the local user.
    package let token: TokenID?
    /// The id of the session that it came with, the hash of its cookie; nil for a token and for the local user.
    let session: String?
    /// The places of one that is no administrator, and those that narrow an administrator's token.
    package let organizations: [OrganizationID: Role]
    /// What it is in organizations that are not listed: an administrator's, nil for anyone else.
    package let roleElsewhere: Role?
    /// What its token is narrowed to; ``Permissions/all`` for anyone else.
    package let limit: Permissions

    init(
        actor: String,
        user: UserID? = nil,
        userName: String? = nil,
        token: TokenID? = nil,
        session: String? = nil,
        organizations: [OrganizationID: Role] = [:],
        roleElsewhere: Role? = nil,
        limit: Permissions = .all
    ) {
        self.actor = actor
        self.user = user
        self.userName = userName
        self.token = token
        self.session = session
        self.organizations = organizations
        self.roleElsewhere = roleElsewhere
        self.limit = limit
    }

    /// The user of this machine who owns the data folder: the administrator.
    ///
    /// - Parameter actor: `anna@laptop`, as the commands name themselves.
    /// - Returns: One that may do everything.
    package static func local(_ actor: String) -> Principal { Principal(actor: actor, roleElsewhere: .owner) }

    /// What it came with, to ask again later whether that is still good: ``AccessStore/principal(of:in:)``.
    package var subject: Subject { token.map(Subject.token) ?? session.map(Subject.session) ?? .local }

    /// May do everything: an administrator, whose token is not narrowed.
    package var isAdministrator: Bool { roleElsewhere == .owner && limit.contains(.administer) }

    /// What it is in an organization; nil: the organization is to look as if it didn't exist (404, not 403).
    package func role(in organization: OrganizationID) -> Role? { organizations[organization] ?? roleElsewhere }

    /// All that it may in an organization.
    package func permissions(in organization: OrganizationID) -> Permissions {
        let own = role(in: organization)?.permissions ?? []
        return (isAdministrator ? .all : own).intersection(limit)
    }

    /// Whether it may do something in an organization.
    package func allows(_ permission: Permission, in organization: OrganizationID) -> Bool {
        permissions(in: organization).contains(permission)
    }

    /// Whether it may do something that belongs to no organization: only ``isAdministrator`` may.
    package var allowsAdministration: Bool { isAdministrator }

    /// The only organization that it is in: what a request means that names none; nil when there are several, or for an administrator.
    package var onlyOrganization: OrganizationID? {
        organizations.count == 1 && roleElsewhere == nil ? organizations.keys.first : nil
    }

    /// Whether it may give somebody a place, or take it: nobody's above its own.
    package func mayGive(_ role: Role, in organization: OrganizationID) -> Bool {
        guard allows(.members, in: organization), let own = self.role(in: organization) else { return false }
        return role <= own
    }

    /// Whether it may make a token: none that could do what it can't do itself.
    package func mayMake(_ token: NewToken) -> Bool {
        if isAdministrator { return true }
        switch token.owner {
        case .administrator:
            return false
        case .user(let owner):
            // One's own: a session only, as a narrowed token could widen itself.
            return owner == user && self.token == nil
        case .organization(let organization, let role):
            let wanted = role.permissions.intersection(token.permissions ?? .all)
            return allows(.tokens, in: organization) && wanted.isSubset(of: permissions(in: organization))
        }
    }

    /// For the record.
    ///
    /// - Parameter source: The address that the request came from.
    /// - Returns: Who, and from where.
    package func author(from source: String = "") -> Author { Author(actor, from: source) }
}

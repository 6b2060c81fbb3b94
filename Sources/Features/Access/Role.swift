/// A person's or machine's place in an organization; each may all that those before it may.
package enum Role: String, Sendable, CaseIterable, Codable, Comparable {
    case viewer, member, admin, owner

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// What it may within its organization.
    package var permissions: Permissions {
        switch self {
        case .viewer: [.read]
        case .member: Role.viewer.permissions.union([.deploy, .state])
        case .admin: Role.member.permissions.union([.approve, .stateWrite, .forceUnlock, .credentials, .tokens, .audit])
        case .owner: Role.admin.permissions.union([.members, .organization])
        }
    }
}

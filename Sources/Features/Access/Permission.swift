/// One thing that may be allowed.
package enum Permission: String, Sendable, CaseIterable, Codable {
    /// See deployments, jobs, logs, plans, outputs that are not sensitive, events.
    case read
    /// Deploy, plan, refresh, destroy, cancel, retry; register, check, rename and remove servers.
    case deploy
    /// Decide about a plan that waits.
    case approve
    /// Read states and the values of sensitive outputs.
    case state
    /// Roll back, import, write and lock through the http backend.
    case stateWrite
    /// End a lock that somebody else holds.
    case forceUnlock
    /// Add, replace and remove cloud accounts and SSH keys; nobody can read them.
    case credentials
    /// Say who is in the organization, as what.
    case members
    /// Make and revoke the organization's tokens.
    case tokens
    /// Rename the organization, and say what it asks of its servers.
    case organization
    /// Read the organization's audit log.
    case audit
    /// The whole installation: organizations, users, licences, queues, keys.
    case administer
}

/// A set of permissions, in one word of memory.
package struct Permissions: Sendable, Hashable, ExpressibleByArrayLiteral {
    private var bits: UInt32

    package init(_ permissions: some Sequence<Permission>) {
        bits = permissions.reduce(0) { $0 | Self.bit($1) }
    }

    package init(arrayLiteral permissions: Permission...) { self.init(permissions) }

    private init(bits: UInt32) { self.bits = bits }

    /// Every one.
    package static let all = Permissions(Permission.allCases)

    /// Those within an organization: all but ``Permission/administer``.
    package static let allInOrganization = Role.owner.permissions

    package func contains(_ permission: Permission) -> Bool { bits & Self.bit(permission) != 0 }
    package func union(_ other: Permissions) -> Permissions { Permissions(bits: bits | other.bits) }
    package func intersection(_ other: Permissions) -> Permissions { Permissions(bits: bits & other.bits) }
    package func isSubset(of other: Permissions) -> Bool { bits & ~other.bits == 0 }

    /// In the order of ``Permission``'s cases.
    package var list: [Permission] { Permission.allCases.filter(contains) }

    private static func bit(_ permission: Permission) -> UInt32 {
        switch permission {
        case .read: 1 << 0
        case .deploy: 1 << 1
        case .approve: 1 << 2
        case .state: 1 << 3
        case .stateWrite: 1 << 4
        case .forceUnlock: 1 << 5
        case .credentials: 1 << 6
        case .members: 1 << 7
        case .tokens: 1 << 8
        case .organization: 1 << 9
        case .audit: 1 << 10
        case .administer: 1 << 11
        }
    }
}

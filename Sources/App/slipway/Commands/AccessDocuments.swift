import Access
import Audit
import Domain
import FoundationEssentials

/// An organization, as `--json` prints it.
struct OrganizationDocument: Encodable {
    let organization: Int64
    let name: String
    let createdAt: Date

    init(_ found: Organization) {
        organization = found.id.rawValue
        name = found.name
        createdAt = found.createdAt
    }
}

/// A licence, as `--json` prints it.
struct LicenceDocument: Encodable {
    let organization: String
    let maxServers: Int?
    let maxConcurrentRuns: Int?
    let features: [String: Bool]

    init(_ licence: Licence?, of organization: String) {
        self.organization = organization
        maxServers = licence?.maximumServers
        maxConcurrentRuns = licence?.maximumConcurrentRuns
        features = licence?.features ?? [:]
    }
}

/// A person, as `--json` prints it.
struct UserDocument: Encodable {
    struct Place: Encodable {
        let organization: String
        let role: String
    }

    let user: Int64
    let name: String
    let administrator: Bool
    let hasPassword: Bool
    let disabledAt: Date?
    let createdAt: Date
    let memberships: [Place]

    init(_ found: User, _ places: [Membership]) {
        user = found.id.rawValue
        name = found.name
        administrator = found.isAdministrator
        hasPassword = found.hasPassword
        disabledAt = found.disabledAt
        createdAt = found.createdAt
        memberships = places.map { Place(organization: $0.organizationName, role: $0.role.rawValue) }
    }
}

/// A token, as `--json` prints it; its text only when it was just made.
struct TokenDocument: Encodable {
    let id: Int64
    let name: String
    let hint: String
    let token: String?
    let user: String?
    let organization: String?
    let role: String?
    let permissions: [String]?
    let administrator: Bool
    let createdBy: String
    let createdAt: Date
    let expiresAt: Date?
    let lastUsedAt: Date?
    let revokedAt: Date?

    init(_ found: Token, text: String? = nil) {
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

/// A line of the audit log, as `--json` prints it.
struct AuditDocument: Encodable {
    let id: Int64
    let organization: Int64?
    let actor: String
    let action: String
    let subject: String
    let result: String
    let source: String
    let details: [String: String]
    let createdAt: Date

    init(_ entry: AuditLog.Entry) {
        id = entry.id
        organization = entry.organization?.rawValue
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        result = entry.result.rawValue
        source = entry.source
        // What an older program wrote may be another kind of object.
        details = (try? JSONDecoder().decode([String: String].self, from: Data(entry.details.utf8))) ?? [:]
        createdAt = entry.createdAt
    }
}

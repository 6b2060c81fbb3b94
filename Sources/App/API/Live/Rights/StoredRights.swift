package import Access
package import Events
internal import Provisioning
package import Storage

/// Who may read what, by the database as it is now: a token that another process revoked counts at once.
package struct StoredRights: ChannelRights {
    private let database: Database
    private let access: AccessStore

    package init(database: Database, access: AccessStore) {
        self.database = database
        self.access = access
    }

    package func readable(_ channels: [BroadcastChannel], by subject: Subject) async throws -> Set<BroadcastChannel> {
        try await database.read { [access] transaction in
            guard let principal = try access.principal(of: subject, in: transaction) else { return [] }
            return try Set(channels.filter { try Self.mayRead($0, principal, in: transaction) })
        }
    }

    /// Whether somebody may read a channel: who may read its organization.
    static func mayRead(_ channel: BroadcastChannel, _ principal: Principal, in transaction: Transaction) throws -> Bool {
        switch channel {
        case .organization(let organization, _):
            return principal.allows(.read, in: organization)
        case .deployment(let id):
            guard let organization = try DeploymentStore().deployment(id, in: transaction)?.organization else { return false }
            return principal.allows(.read, in: organization)
        }
    }
}

package import Domain
internal import FoundationEssentials
package import Storage

/// Reads servers.
package struct ServerStore: Sendable {
    package init() {}

    /// The server with that id, or nil.
    package func server(_ id: ServerID, in transaction: Transaction) throws -> Server? {
        try first("WHERE s.id = \(id)", in: transaction)
    }

    /// The organization's server of that name, or nil.
    package func server(named name: String, of organization: OrganizationID, in transaction: Transaction) throws -> Server? {
        try first("WHERE s.organization_id = \(organization) AND s.name = \(name)", in: transaction)
    }

    /// A deployment's servers, in the order in which they came.
    package func servers(of deployment: DeploymentID, in transaction: Transaction) throws -> [Server] {
        try rows("WHERE s.terraform_deployment_id = \(deployment) ORDER BY s.id", in: transaction)
    }

    /// Servers by name.
    ///
    /// - Parameters:
    ///   - organization: Whose; nil for everyone's.
    ///   - statuses: Only these; empty for all.
    ///   - project: Only of this project.
    ///   - after: Only those behind this id's place in the list: the last of the page before.
    ///   - limit: How many at most.
    ///   - transaction: To read in.
    /// - Returns: Sorted by name, then by id.
    /// - Throws: ``StorageError``.
    package func servers(
        organization: OrganizationID?,
        statuses: [ServerStatus] = [],
        project: String? = nil,
        after: ServerID? = nil,
        limit: Int = 100,
        in transaction: Transaction
    ) throws -> [Server] {
        var scope: SQL = organization.map { "s.organization_id = \($0)" } ?? "1 = 1"
        if !statuses.isEmpty { scope = "\(sql: scope) AND s.status IN (\(list: statuses))" }
        if let project { scope = "\(sql: scope) AND d.project = \(project)" }
        if let after { scope = "\(sql: scope) AND (s.name, s.id) > (SELECT name, id FROM servers WHERE id = \(after))" }
        return try rows("WHERE \(sql: scope) ORDER BY s.name, s.id LIMIT \(limit)", in: transaction)
    }

    /// How many servers are in each status.
    package func counts(in transaction: Transaction) throws -> [ServerStatus: Int] {
        var counts: [ServerStatus: Int] = [:]
        for row in try transaction.rows("SELECT status, COUNT(*) AS number FROM servers GROUP BY status") {
            counts[try row.value("status")] = try row.value("number", as: Int.self)
        }
        return counts
    }

    private func first(_ condition: SQL, in transaction: Transaction) throws -> Server? {
        try rows(condition, in: transaction).first
    }

    private func rows(_ condition: SQL, in transaction: Transaction) throws -> [Server] {
        try transaction.rows("SELECT \(sql: Server.columns) FROM servers s \(sql: Server.joins) \(sql: condition)").map(Server.init)
    }
}

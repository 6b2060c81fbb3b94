internal import Domain
internal import FoundationEssentials
internal import Storage

/// What an organization uses, kept in the transaction that changes it.
package struct UsageStore: Sendable {
    package init() {}

    /// Sets a deployment's counts, and its organization's totals to the sum of all its deployments.
    ///
    /// A sum, not a difference: what a rebuild or a person's import brought in between is counted with it.
    ///
    /// - Parameters:
    ///   - addresses: Every managed resource instance in its state.
    ///   - deployment: Whose.
    ///   - now: The time for the row.
    ///   - transaction: The one that ends the run.
    /// - Throws: ``StorageError``.
    func record(addresses: [String], of deployment: DeploymentID, now: Date, in transaction: Transaction) throws {
        let resources = addresses.count
        let servers = addresses.count { MachineType.isMachine(Self.type(of: $0)) }
        guard
            let row = try transaction.first(
                "SELECT organization_id FROM terraform_deployments WHERE id = \(deployment)"
            )
        else { return }
        let organization: OrganizationID = try row.value("organization_id")
        try transaction.execute(
            "UPDATE terraform_deployments SET resource_count = \(resources), server_count = \(servers) WHERE id = \(deployment)"
        )
        // Held before the sum is made: whoever comes second on PostgreSQL sees what the first one committed.
        _ = try transaction.first(
            """
            SELECT organization_id
            FROM organization_usage
            WHERE organization_id = \(organization)\(sqlite: "", postgres: " FOR UPDATE")
            """
        )
        try transaction.execute(
            """
            UPDATE organization_usage
            SET resources = (SELECT SUM(resource_count) FROM terraform_deployments WHERE organization_id = \(organization)),
                servers = (SELECT SUM(server_count) FROM terraform_deployments WHERE organization_id = \(organization)),
                updated_at = \(now)
            WHERE organization_id = \(organization)
            """
        )
    }

    /// One more run of an organization's has begun.
    func countRun(of organization: OrganizationID, now: Date, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE organization_usage SET runs = runs + 1, updated_at = \(now) WHERE organization_id = \(organization)"
        )
    }

    /// The type in a resource's address: `aws_instance` of `module.web["a.b"].aws_instance.web[0]`.
    static func type(of address: String) -> String {
        var parts: [Substring] = []
        var start = address.startIndex
        var depth = 0
        for index in address.indices {
            switch address[index] {
            case "[": depth += 1
            case "]": depth -= 1
            case "." where depth == 0:
                parts.append(address[start..<index])
                start = address.index(after: index)
            default: break
            }
        }
        parts.append(address[start...])
        return parts.count >= 2 ? String(parts[parts.count - 2]) : address
    }
}

internal import Domain
internal import Storage

/// What the database says of a deployment's newest state: all that decides what becomes of the next one.
struct StoredFacts: Sendable, Equatable {
    var organization: OrganizationID
    /// 0: nothing is stored yet.
    var version = 0
    var serial: Int64?
    var lineage: String?
    var checksum: String?
    var fence = Fence(rawValue: 0)
    /// The job whose unfinished version the newest is.
    var unfinishedJob: JobID?
    var isFinal = true

    /// Reads them; `locks` holds the deployment's row until the transaction ends, so that nobody else decides at the same time.
    static func read(_ deployment: DeploymentID, locks: Bool, in transaction: Transaction) throws -> StoredFacts {
        // SQLite has one writer at a time anyway. Two statements: after PostgreSQL waited for the row's lock, a join would still show the
        // versions as they were before.
        let row = try transaction.first(
            """
            SELECT organization_id, state_version, state_serial, state_lineage, state_checksum, state_fence
            FROM terraform_deployments
            WHERE id = \(deployment)\(sqlite: "", postgres: locks ? " FOR UPDATE" : "")
            """
        )
        guard let row else { throw VaultError(.noDeployment(deployment)) }
        var facts = StoredFacts(organization: try row.value("organization_id"))
        facts.version = try row.value("state_version")
        facts.serial = try row.value("state_serial")
        facts.lineage = try row.value("state_lineage")
        facts.checksum = try row.value("state_checksum")
        facts.fence = try row.value("state_fence")
        guard facts.version > 0 else { return facts }
        let newest = try transaction.first(
            """
            SELECT is_final, job_id
            FROM terraform_state_versions
            WHERE terraform_deployment_id = \(deployment) AND version = \(facts.version)
            """
        )
        facts.isFinal = try newest?.value("is_final", as: Bool.self) ?? true
        facts.unfinishedJob = facts.isFinal ? nil : try newest?.value("job_id", as: JobID?.self) ?? nil
        return facts
    }
}

internal import Domain
internal import FoundationEssentials
internal import Storage

/// The rows that a backup's version needs before its own: found by their names, or made with their old ids where those are free.
struct RebuiltRows {
    let metadata: BackupMetadata
    let now: Date

    /// Finds or makes the organization; a dry run's new one has no id.
    func organization(isDryRun: Bool, in transaction: Transaction) throws -> (id: OrganizationID?, isNew: Bool) {
        // A renamed one's older backups have its first name.
        let known = try transaction.first(
            """
            SELECT id FROM organizations WHERE name = \(metadata.organization) OR sealed_as = \(metadata.organization)
            ORDER BY CASE WHEN name = \(metadata.organization) THEN 0 ELSE 1 END
            LIMIT 1
            """
        )
        if let row = known {
            return (try row.value("id"), false)
        }
        guard !isDryRun else { return (nil, true) }
        let isTaken = try transaction.first("SELECT id FROM organizations WHERE id = \(metadata.organizationID)") != nil
        let row =
            isTaken
            ? try transaction.first(
                "INSERT INTO organizations (name, created_at) VALUES (\(metadata.organization), \(now)) RETURNING id"
            )
            : try transaction.first(
                """
                INSERT INTO organizations (id, name, created_at)
                VALUES (\(metadata.organizationID), \(metadata.organization), \(now))
                RETURNING id
                """
            )
        try follow("organizations", in: transaction)
        return (try row?.value("id"), true)
    }

    /// Finds or makes the deployment; a dry run's new one has no id.
    func deployment(
        of organization: OrganizationID?,
        isDryRun: Bool,
        in transaction: Transaction
    ) throws -> (id: DeploymentID?, isNew: Bool) {
        guard let organization else { return (nil, true) }
        let known = try transaction.first(
            "SELECT id FROM terraform_deployments WHERE organization_id = \(organization) AND project = \(metadata.project)"
        )
        if let known { return (try known.value("id"), false) }
        guard !isDryRun else { return (nil, true) }
        let isTaken = try transaction.first("SELECT id FROM terraform_deployments WHERE id = \(metadata.deploymentID)") != nil
        let names: SQL = "organization_id, project, status, created_at, updated_at"
        let values: SQL = "\(organization), \(metadata.project), 'completed', \(metadata.createdAt), \(now)"
        let row =
            isTaken
            ? try transaction.first("INSERT INTO terraform_deployments (\(sql: names)) VALUES (\(sql: values)) RETURNING id")
            : try transaction.first(
                """
                INSERT INTO terraform_deployments (id, \(sql: names)) VALUES (\(metadata.deploymentID), \(sql: values))
                RETURNING id
                """
            )
        try follow("terraform_deployments", in: transaction)
        return (try row?.value("id"), true)
    }

    /// Makes the version the deployment's newest, if it is, and lets fences go on from where they were.
    func raise(_ deployment: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET state_version = \(metadata.version), state_serial = \(metadata.serial), state_lineage = \(metadata.lineage),
                state_checksum = \(metadata.checksum), state_size_bytes = \(metadata.byteCount),
                state_fence = CASE WHEN state_fence < \(metadata.fence) THEN \(metadata.fence) ELSE state_fence END,
                resource_count = \(metadata.resourceCount), updated_at = \(now)
            WHERE id = \(deployment) AND state_version < \(metadata.version)
            """
        )
        try transaction.execute("UPDATE job_fences SET last_fence = \(metadata.fence) WHERE id = 1 AND last_fence < \(metadata.fence)")
    }

    /// PostgreSQL's counter doesn't notice ids that were given to it; SQLite's does.
    private func follow(_ table: StaticString, in transaction: Transaction) throws {
        guard transaction.dialect == .postgres else { return }
        _ = try transaction.first(
            """
            SELECT setval(pg_get_serial_sequence('\(verbatim: table)', 'id'), (SELECT MAX(id) FROM \(verbatim: table))) AS next
            """
        )
    }
}

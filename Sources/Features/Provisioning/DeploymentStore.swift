package import Domain
package import FoundationEssentials
package import Storage

/// Reads and writes deployments and the organizations that own them.
package struct DeploymentStore: Sendable {
    package init() {}

    // MARK: - Organizations

    /// The organization of that name, made when it is missing.
    func organization(named name: String, now: Date, in transaction: Transaction) throws -> OrganizationID {
        try transaction.execute(
            "INSERT INTO organizations (name, created_at) VALUES (\(name), \(now)) ON CONFLICT DO NOTHING"
        )
        guard let row = try transaction.first("SELECT id FROM organizations WHERE name = \(name)") else {
            // Sealed values are bound to the first name: no other organization can have it.
            let renamed = try transaction.first("SELECT name FROM organizations WHERE sealed_as = \(name)")
            let present: String = try renamed?.value("name") ?? name
            throw ProvisioningError(.conflict, "The organization '\(name)' was renamed to '\(present)'; use that name.")
        }
        let id: OrganizationID = try row.value("id")
        try transaction.execute(
            """
            INSERT INTO organization_usage (organization_id, updated_at) VALUES (\(id), \(now))
            ON CONFLICT (organization_id) DO NOTHING
            """
        )
        return id
    }

    /// The name that values of an organization are sealed to: its first one; of one that isn't there yet, the name that it will have.
    func sealingName(ofOrganization name: String, in transaction: Transaction) throws -> String {
        try transaction.first("SELECT COALESCE(sealed_as, name) AS name FROM organizations WHERE name = \(name)")?.value("name") ?? name
    }

    /// The organization of that name, or nil.
    package func organizationID(named name: String, in transaction: Transaction) throws -> OrganizationID? {
        try transaction.first("SELECT id FROM organizations WHERE name = \(name)")?.value("id")
    }

    /// The organization of that name.
    ///
    /// - Throws: ``ProvisioningError`` when there is none.
    package func requireOrganization(named name: String, in transaction: Transaction) throws -> OrganizationID {
        guard let id = try organizationID(named: name, in: transaction) else {
            throw ProvisioningError(.notFound, "There is no organization '\(name)'; its first deploy makes it.")
        }
        return id
    }

    // MARK: - Deployments

    /// The deployment of that project.
    ///
    /// - Throws: ``ProvisioningError`` when there is none.
    package func require(project: String, organization: String, in transaction: Transaction) throws -> Deployment {
        guard let found = try deployment(project: project, organization: organization, in: transaction) else {
            throw ProvisioningError(
                .notFound,
                "There is no project '\(project)' in the organization '\(organization)'; `slipway deployments` lists those there are."
            )
        }
        return found
    }

    /// The deployment that a job works on, or nil when it works on none.
    package func deployment(ofJob job: JobID, in transaction: Transaction) throws -> Deployment? {
        try first("WHERE d.id = (SELECT terraform_deployment_id FROM terraform_runs WHERE job_id = \(job))", in: transaction)
    }

    /// The deployment of that project, or nil.
    package func deployment(project: String, organization: String, in transaction: Transaction) throws -> Deployment? {
        try first("WHERE d.project = \(project) AND o.name = \(organization)", in: transaction)
    }

    /// The deployment with that id, or nil.
    package func deployment(_ id: DeploymentID, in transaction: Transaction) throws -> Deployment? {
        try first("WHERE d.id = \(id)", in: transaction)
    }

    /// The organization's deployments by name, or everyone's when `organization` is nil; those behind the cursor `after`.
    package func deployments(
        organization: String?,
        statuses: [DeploymentStatus] = [],
        after: String? = nil,
        limit: Int = 100,
        in transaction: Transaction
    ) throws -> [Deployment] {
        var scope: SQL = organization.map { "o.name = \($0)" } ?? "1 = 1"
        if !statuses.isEmpty { scope = "\(sql: scope) AND d.status IN (\(list: statuses))" }
        if let after {
            let names = after.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let behind: SQL = names.count > 1 ? "(d.project = \(names[0]) AND o.name > \(names[1]))" : "1 = 0"
            scope = "\(sql: scope) AND (d.project > \(names[0]) OR \(sql: behind))"
        }
        return try transaction.rows(
            """
            SELECT \(sql: Deployment.columns) FROM terraform_deployments d JOIN organizations o ON o.id = d.organization_id
            WHERE \(sql: scope)
            ORDER BY d.project, o.name LIMIT \(limit)
            """
        ).map(Deployment.init)
    }

    private func first(_ condition: SQL, in transaction: Transaction) throws -> Deployment? {
        try transaction.first(
            """
            SELECT \(sql: Deployment.columns) FROM terraform_deployments d JOIN organizations o ON o.id = d.organization_id
            \(sql: condition)
            """
        ).map(Deployment.init)
    }

    /// The deployment's id, made when it is missing.
    package func ensure(project: String, organization: OrganizationID, now: Date, in transaction: Transaction) throws -> DeploymentID {
        try transaction.execute(
            """
            INSERT INTO terraform_deployments (organization_id, project, status, created_at, updated_at)
            VALUES (\(organization), \(project), \(DeploymentStatus.pending), \(now), \(now))
            ON CONFLICT (organization_id, project) DO NOTHING
            """
        )
        let row = try transaction.first(
            "SELECT id FROM terraform_deployments WHERE organization_id = \(organization) AND project = \(project)"
        )
        guard let row else { throw ProvisioningError(.notFound, "There is no project '\(project)'.") }
        return try row.value("id")
    }

    /// Where the deployment stands now.
    func update(
        _ id: DeploymentID,
        status: DeploymentStatus,
        stage: JobStage,
        progress: Int,
        message: String?,
        now: Date,
        in transaction: Transaction
    ) throws {
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET status = \(status), current_stage = \(stage), progress_percentage = \(progress), stage_message = \(message), updated_at = \(now)
            WHERE id = \(id)
            """
        )
    }

    /// A run of `job` begins.
    func begin(_ id: DeploymentID, job: JobID, source: Int64?, retryCount: Int, now: Date, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET status = \(DeploymentStatus.initializing), current_stage = \(JobStage.`init`), progress_percentage = 0, stage_message = NULL,
                error_message = NULL, last_job_id = \(job), source_id = COALESCE(\(source), source_id), retry_count = \(retryCount),
                started_at = \(now), completed_at = NULL, updated_at = \(now)
            WHERE id = \(id)
            """
        )
    }

    /// A run is over.
    func end(
        _ id: DeploymentID,
        status: DeploymentStatus,
        stage: JobStage,
        progress: Int,
        message: String?,
        error: String?,
        now: Date,
        in transaction: Transaction
    ) throws {
        try update(id, status: status, stage: stage, progress: progress, message: message, now: now, in: transaction)
        try transaction.execute(
            "UPDATE terraform_deployments SET error_message = \(error), completed_at = \(now) WHERE id = \(id)"
        )
    }

    /// The provider versions that the deployment's runs keep to, as Terraform's lock file says them.
    func providerLock(of id: DeploymentID, in transaction: Transaction) throws -> String? {
        try transaction.first("SELECT provider_lock FROM terraform_deployments WHERE id = \(id)")?.value("provider_lock")
    }

    func setProviderLock(_ lock: String, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute("UPDATE terraform_deployments SET provider_lock = \(lock) WHERE id = \(id)")
    }

    /// The sealed variables of the last deploy.
    func sealedVariables(of id: DeploymentID, in transaction: Transaction) throws -> [UInt8]? {
        try transaction.first("SELECT sealed_variables FROM terraform_deployments WHERE id = \(id)")?.value("sealed_variables")
    }

    func setSealedVariables(_ sealed: [UInt8]?, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute("UPDATE terraform_deployments SET sealed_variables = \(sealed) WHERE id = \(id)")
    }

    /// Stores the outputs: what may be shown as JSON, the sensitive values sealed.
    func setOutputs(_ data: String?, sealed: [UInt8]?, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE terraform_deployments SET output_data = \(data), sealed_outputs = \(sealed) WHERE id = \(id)"
        )
    }

    /// The outputs as ``setOutputs(_:sealed:of:in:)`` stored them.
    func outputs(of id: DeploymentID, in transaction: Transaction) throws -> (data: String?, sealed: [UInt8]?)? {
        try transaction.first("SELECT output_data, sealed_outputs FROM terraform_deployments WHERE id = \(id)").map {
            (try $0.value("output_data"), try $0.value("sealed_outputs"))
        }
    }

    /// The cloud that it is in.
    func setProvider(_ provider: String, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute("UPDATE terraform_deployments SET cloud_provider = \(provider) WHERE id = \(id)")
    }

    /// Whether its servers are registered by themselves when it is deployed.
    func setAutoRegister(_ isOn: Bool, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute("UPDATE terraform_deployments SET auto_register_server = \(isOn) WHERE id = \(id)")
    }

    func setPlanSummary(_ summary: ChangeSummary, of id: DeploymentID, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE terraform_deployments SET plan_summary = \(summary.description) WHERE id = \(id)"
        )
    }
}

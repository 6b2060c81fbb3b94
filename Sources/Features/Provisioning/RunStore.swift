package import Domain
package import FoundationEssentials
package import Storage

/// Sources, and what each job runs with: tables `terraform_sources` and `terraform_runs`.
package struct RunStore: Sendable {
    package init() {}

    /// One job's row.
    package struct Run: Sendable {
        package enum Decision: String, Sendable { case approved, refused }

        package let job: JobID
        package let deployment: DeploymentID
        let source: Int64
        let sealedInputs: [UInt8]?
        let sealedPlan: [UInt8]?
        package let planSummary: String?
        package let decision: Decision?
        package let decidedBy: String?
        package let planExpiresAt: Date?

        /// A plan waits for someone's decision.
        package var awaitsDecision: Bool { sealedPlan != nil && decision == nil }
    }

    // MARK: - Sources

    /// The source's id when the deployment has the same files already.
    func source(withSHA256 sha256: String, of deployment: DeploymentID, in transaction: Transaction) throws -> Int64? {
        try transaction.first(
            "SELECT id FROM terraform_sources WHERE terraform_deployment_id = \(deployment) AND sha256 = \(sha256)"
        )?.value("id")
    }

    /// Stores a source, or finds it.
    func addSource(
        _ sealed: [UInt8],
        sha256: String,
        size: Int,
        fileCount: Int,
        to deployment: DeploymentID,
        now: Date,
        in transaction: Transaction
    ) throws -> Int64 {
        try transaction.execute(
            """
            INSERT INTO terraform_sources (terraform_deployment_id, sha256, sealed_files, size_bytes, file_count, created_at)
            VALUES (\(deployment), \(sha256), \(sealed), \(size), \(fileCount), \(now))
            ON CONFLICT (terraform_deployment_id, sha256) DO NOTHING
            """
        )
        guard let id = try source(withSHA256: sha256, of: deployment, in: transaction) else {
            throw ProvisioningError(.conflict, "The source vanished while it was stored; try again.")
        }
        return id
    }

    /// A source's sealed files, and the hash that they are bound to.
    func sealedSource(_ id: Int64, in transaction: Transaction) throws -> (sealed: [UInt8], sha256: String)? {
        try transaction.first("SELECT sealed_files, sha256 FROM terraform_sources WHERE id = \(id)").map {
            (try $0.value("sealed_files"), try $0.value("sha256"))
        }
    }

    /// The source that the deployment's newest job was queued with.
    func newestSource(of deployment: DeploymentID, in transaction: Transaction) throws -> Int64? {
        try transaction.first(
            """
            SELECT r.source_id FROM terraform_runs r JOIN jobs j ON j.id = r.job_id
            WHERE r.terraform_deployment_id = \(deployment)
            ORDER BY j.created_at DESC, j.id DESC LIMIT 1
            """
        )?.value("source_id")
    }

    // MARK: - Runs

    func add(job: JobID, deployment: DeploymentID, source: Int64, sealedInputs: [UInt8], in transaction: Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO terraform_runs (job_id, terraform_deployment_id, source_id, sealed_inputs)
            VALUES (\(job), \(deployment), \(source), \(sealedInputs))
            """
        )
    }

    /// The job's run, or nil when the job runs no Terraform.
    package func run(_ job: JobID, in transaction: Transaction) throws -> Run? {
        try transaction.first(
            """
            SELECT job_id, terraform_deployment_id, source_id, sealed_inputs, sealed_plan, plan_summary, decision, decided_by, plan_expires_at
            FROM terraform_runs WHERE job_id = \(job)
            """
        ).map { row in
            Run(
                job: try row.value("job_id"),
                deployment: try row.value("terraform_deployment_id"),
                source: try row.value("source_id"),
                sealedInputs: try row.value("sealed_inputs"),
                sealedPlan: try row.value("sealed_plan"),
                planSummary: try row.value("plan_summary"),
                decision: try row.value("decision"),
                decidedBy: try row.value("decided_by"),
                planExpiresAt: try row.value("plan_expires_at")
            )
        }
    }

    /// Keeps a plan until someone decides about it, or it expires.
    func keepPlan(_ sealed: [UInt8], summary: ChangeSummary, of job: JobID, expiresAt: Date, in transaction: Transaction) throws {
        try transaction.execute(
            """
            UPDATE terraform_runs
            SET sealed_plan = \(sealed), plan_summary = \(summary.description), plan_expires_at = \(expiresAt), decision = NULL
            WHERE job_id = \(job)
            """
        )
    }

    /// Records a decision; false when there is none to take any more.
    func decide(_ decision: Run.Decision, job: JobID, by person: String, now: Date, in transaction: Transaction) throws -> Bool {
        try transaction.execute(
            """
            UPDATE terraform_runs SET decision = \(decision), decided_by = \(person), decided_at = \(now)
            WHERE job_id = \(job) AND decision IS NULL AND sealed_plan IS NOT NULL
            """
        ) == 1
    }

    /// The job is over: its credentials and its plan are no longer kept.
    package func wipe(_ job: JobID, in transaction: Transaction) throws {
        try transaction.execute("UPDATE terraform_runs SET sealed_inputs = NULL, sealed_plan = NULL WHERE job_id = \(job)")
    }
}

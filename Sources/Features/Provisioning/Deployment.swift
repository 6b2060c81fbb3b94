package import Domain
package import FoundationEssentials
internal import Storage

/// One stack of Terraform code with its own state; a row of `terraform_deployments`.
package struct Deployment: Sendable, Hashable {
    package let id: DeploymentID
    package let organization: OrganizationID
    package let organizationName: String
    /// The organization's first name, which sealed values are bound to.
    package let sealingName: String
    package let project: String
    package let status: DeploymentStatus
    /// 0–100.
    package let progress: Int
    package let stage: String
    package let message: String?
    /// The first provider that its resources need: `aws`; nil before the first plan.
    package let cloudProvider: String?
    package let sourceID: Int64?
    package let planSummary: String?
    package let errorMessage: String?
    package let lastJob: JobID?
    package let retryCount: Int
    package let resourceCount: Int
    package let stateVersion: Int64
    package let startedAt: Date?
    package let completedAt: Date?
    package let createdAt: Date
    package let updatedAt: Date
    /// Its servers are registered by themselves when it is deployed.
    package let autoRegistersServer: Bool
    /// Nil: it was never asked for.
    package let registrationStatus: RegistrationStatus?
    package let registrationError: String?
    /// The job that registers its servers, or did last.
    package let registrationJob: JobID?

    /// Where a list goes on behind it: a project's name is its own in its organization only.
    package var cursor: String { "\(project)/\(organizationName)" }

    /// Select this, from `terraform_deployments d JOIN organizations o`.
    static let columns: SQL = """
        d.id, d.organization_id, o.name AS organization_name, COALESCE(o.sealed_as, o.name) AS sealing_name, d.project,
        d.status, d.progress_percentage, d.current_stage, d.stage_message, d.cloud_provider, d.source_id, d.plan_summary, d.error_message, d.last_job_id, d.retry_count,
        d.resource_count, d.state_version, d.started_at, d.completed_at, d.created_at, d.updated_at,
        d.auto_register_server, d.registration_status, d.registration_error, d.registration_job_id
        """

    init(_ row: Row) throws {
        id = try row.value("id")
        organization = try row.value("organization_id")
        organizationName = try row.value("organization_name")
        sealingName = try row.value("sealing_name")
        project = try row.value("project")
        status = try row.value("status")
        progress = try row.value("progress_percentage")
        stage = try row.value("current_stage")
        message = try row.value("stage_message")
        cloudProvider = try row.value("cloud_provider")
        sourceID = try row.value("source_id")
        planSummary = try row.value("plan_summary")
        errorMessage = try row.value("error_message")
        lastJob = try row.value("last_job_id")
        retryCount = try row.value("retry_count")
        resourceCount = try row.value("resource_count")
        stateVersion = try row.value("state_version")
        startedAt = try row.value("started_at")
        completedAt = try row.value("completed_at")
        createdAt = try row.value("created_at")
        updatedAt = try row.value("updated_at")
        autoRegistersServer = try row.value("auto_register_server")
        registrationStatus = try row.value("registration_status")
        registrationError = try row.value("registration_error")
        registrationJob = try row.value("registration_job_id")
    }
}

package import Domain
package import FoundationEssentials
package import Jobs
package import Provisioning
package import Storage

/// Queues registrations, and keeps what deployments say about theirs.
///
/// One job at a time may write for a deployment's servers: the one that its row names. Whatever replaces it there, another registration
/// or the deployment's end, has thereby ended the older one.
package struct RegistrationQueue: Sendable {
    /// Which jobs are registrations.
    package static let kind = "register"
    let jobs: JobStore

    package init(jobs: JobStore) { self.jobs = jobs }

    /// Queues the registration of a deployment's servers; one that is under way ends.
    ///
    /// - Parameters:
    ///   - deployment: Whose servers.
    ///   - sshKey: The name of the organization's key; nil: the standard one.
    ///   - person: Who asks.
    ///   - now: The time.
    ///   - transaction: The one that makes it necessary.
    /// - Returns: The job's id.
    /// - Throws: ``StorageError``.
    package func enqueue(
        _ deployment: Deployment,
        sshKey: String? = nil,
        by person: String,
        at now: Date,
        in transaction: Transaction
    ) throws -> JobID {
        var random = SystemRandomNumberGenerator()
        let milliseconds = Int64(clamping: now.timeIntervalSince1970 * 1000)
        let job = JobID.make(prefix: Self.kind, unixMilliseconds: milliseconds, using: &random)
        try end(deployment.id, by: person, in: transaction)
        let provider: String? =
            try transaction.first("SELECT cloud_provider FROM terraform_deployments WHERE id = \(deployment.id)")?.value("cloud_provider")
        var tags = ["server-registration", "infrastructure", "organization:\(deployment.organization)", "deployment:\(deployment.id)"]
        if let provider { tags.append("provider:\(provider)") }
        let new = NewJob(
            id: job,
            kind: Self.kind,
            queue: .serverManagement,
            organization: deployment.organization,
            concurrencyKey: "registration:\(deployment.id)",
            payload: try RegistrationOrder(deployment: deployment.id, sshKey: sshKey, requestedBy: person).encoded(),
            tags: tags,
            maximumAttempts: 3,
            timeout: .seconds(600)
        )
        try jobs.enqueue(new, in: transaction)
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET registration_status = \(RegistrationStatus.pending), registration_error = NULL, registration_job_id = \(job),
                registration_completed_at = NULL
            WHERE id = \(deployment.id)
            """
        )
        return job
    }

    /// The registration that is under way, if one is.
    package func unfinished(of deployment: DeploymentID, in transaction: Transaction) throws -> JobRecord? {
        let row = try transaction.first("SELECT registration_job_id FROM terraform_deployments WHERE id = \(deployment)")
        guard let id = try row?.value("registration_job_id", as: JobID?.self) else { return nil }
        return try jobs.job(id, in: transaction).flatMap { $0.status.isFinal ? nil : $0 }
    }

    /// Takes the deployment from the registration that is under way, if one is, and tells its job to stop.
    func end(_ deployment: DeploymentID, by person: String, in transaction: Transaction) throws {
        guard let present = try unfinished(of: deployment, in: transaction) else { return }
        try transaction.execute("UPDATE terraform_deployments SET registration_job_id = NULL WHERE id = \(deployment)")
        try jobs.cancel(present.id, by: person, in: transaction)
    }

    /// Nothing is registered of it any more.
    func forget(_ deployment: DeploymentID, by person: String, in transaction: Transaction) throws {
        try end(deployment, by: person, in: transaction)
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET registration_status = NULL, registration_error = NULL, registration_job_id = NULL, registration_completed_at = NULL
            WHERE id = \(deployment)
            """
        )
    }

    /// Says how a registration stands, when it is still its deployment's.
    ///
    /// - Returns: False when another took over, or the deployment is gone: nothing was written then, and nothing may be.
    func move(
        _ deployment: DeploymentID,
        job: JobID,
        to status: RegistrationStatus,
        error: String? = nil,
        at now: Date,
        in transaction: Transaction
    ) throws -> Bool {
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET registration_status = \(status), registration_error = \(error),
                registration_completed_at = \(status == .completed ? now : nil)
            WHERE id = \(deployment) AND registration_job_id = \(job)
            """
        ) == 1
    }
}

/// Another registration took over, or the deployment is gone.
struct RegistrationSuperseded: Error {}

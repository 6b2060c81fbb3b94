internal import Domain

/// What a workspace says of itself to whoever finds it after a crash.
struct LeftoverFacts: Sendable, Hashable {
    let job: JobID
    let deployment: DeploymentID
    let fence: Fence
    let project: String

    init(job: JobID, deployment: DeploymentID, fence: Fence, project: String) {
        self.job = job
        self.deployment = deployment
        self.fence = fence
        self.project = project
    }

    /// Nil for a workspace of something else.
    init?(_ metadata: [String: String]) {
        guard let job = metadata["job"], let deployment = metadata["deployment"].flatMap(Int64.init),
            let fence = metadata["fence"].flatMap(Int64.init)
        else { return nil }
        self.init(
            job: JobID(rawValue: job),
            deployment: DeploymentID(rawValue: deployment),
            fence: Fence(rawValue: fence),
            project: metadata["project"] ?? ""
        )
    }

    var metadata: [String: String] {
        ["job": job.rawValue, "deployment": deployment.description, "fence": fence.description, "project": project]
    }
}

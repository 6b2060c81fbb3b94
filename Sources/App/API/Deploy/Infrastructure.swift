import Access
import Domain
import Jobs
import Provisioning
import StateVault
import Storage

/// What a project has, in the words of requirement 004.
enum Infrastructure {
    static let schema = NamedSchema(
        "Infrastructure",
        .object([
            .init("projectId", .string(), "The project"),
            .init("deploymentStatus", .choice(Status.allCases.map(\.rawValue)), "Where it stands"),
            .init("deploymentJobId", .nullable(.string()), "The job that works on it, or did last"),
            .init("deploymentOutputs", .dictionary(.any), "By name; a sensitive one is null"),
            .init("terraformState", .any, "Terraform's state; null without the permission 'state', or when there is none"),
            .init("lastUpdated", .nullable(.moment), "When it changed"),
        ])
    )

    enum Status: String, CaseIterable {
        case notDeployed = "not_deployed"
        case pending, deployed, failed, destroyed

        init(_ deployment: Deployment, hasJob: Bool) {
            if hasJob {
                self = .pending
                return
            }
            switch deployment.status {
            case .initializing, .planning, .awaitingApproval, .applying, .verifying, .destroying, .rollingBack: self = .pending
            case .completed: self = .deployed
            case .failed: self = .failed
            case .destroyed: self = .destroyed
            case .rolledBack: self = .failed
            // It stands as it stood before, as far as the state knows.
            case .pending, .cancelled: self = deployment.resourceCount > 0 ? .deployed : .notDeployed
            }
        }
    }

    /// The document; a project that nobody has deployed yet has one, too.
    static func document(of project: String, in organization: WorkingOrganization, _ call: Call) async throws -> JSONNode {
        let found = try await call.services.database.read { [jobs = call.services.jobs] transaction -> (Deployment, JobRecord?)? in
            guard
                let deployment = try DeploymentStore().deployment(project: project, organization: organization.name, in: transaction)
            else { return nil }
            let filter = JobFilter(
                statuses: [.processing, .pending, .retrying, .scheduled],
                concurrencyKey: "deployment:\(deployment.id)"
            )
            return (deployment, try jobs.jobs(filter, page: JobPage(limit: 1), in: transaction).first)
        }
        guard let (deployment, job) = found else {
            return document(project, .notDeployed, nil, .object([]), .null, .null)
        }
        let outputs = try await call.services.outputs.read(project: project, organization: organization.name, revealing: false)
        var state = JSONNode.null
        if try call.principal.allows(.state, in: organization.id), let loaded = try await call.services.vault.load(deployment.id) {
            state = .raw(loaded.bytes)
        }
        return document(
            project,
            Status(deployment, hasJob: job != nil),
            job?.id.rawValue ?? deployment.lastJob?.rawValue,
            .outputs(outputs),
            state,
            .moment(deployment.updatedAt)
        )
    }

    private static func document(
        _ project: String,
        _ status: Status,
        _ job: String?,
        _ outputs: JSONNode,
        _ state: JSONNode,
        _ updated: JSONNode
    ) -> JSONNode {
        .object([
            ("projectId", .text(project)),
            ("deploymentStatus", .text(status.rawValue)),
            ("deploymentJobId", JSONNode(job)),
            ("deploymentOutputs", outputs),
            ("terraformState", state),
            ("lastUpdated", updated),
        ])
    }
}

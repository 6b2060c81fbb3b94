import Access
import Domain
import Provisioning
import StateVault
import Storage
import Terraform
import WebServer

/// The endpoints of requirement 004, as it words them.
enum DeployRoutes {
    static let all = [deploy, status, infrastructure, destroy, validate, costs, outputs, state]
    private static let group = "Deploy"

    static let deploy = Route(
        "POST",
        "/api/deploy",
        name: "deployProject",
        group: group,
        "Deploy Terraform code",
        needs: .organization(.deploy),
        query: DeployBody.query,
        body: DeployBody.shape,
        answers: [.json(202, .named(RunAcceptance.schema), "The job is queued, durably")],
        record: .handler
    ) { call, organization in
        let run = try await DeployBody.read(call, in: organization)
        return try await RunAcceptance.accept(run, call, organization, message: "Infrastructure deployment started")
    }

    static let status = Route(
        "GET",
        "/api/deploy/status/:job",
        name: "getDeployStatus",
        group: group,
        "See how a job stands",
        needs: .job(.read),
        answers: [.json(.named(RunStatus.schema))]
    ) { call, job in
        let body = try await RunStatus.document(of: job, call).bytes
        call.services.statuses.keep(body, of: job, changes: call.changes, readAt: call.began)
        return .json(bytes: body)
    }

    static let infrastructure = Route(
        "GET",
        "/api/deploy/infrastructure/:project",
        name: "getInfrastructure",
        group: group,
        "See what a project has",
        needs: .organization(.read),
        answers: [.json(.named(Infrastructure.schema))]
    ) { call, organization in
        .json(try await Infrastructure.document(of: call.parameter("project"), in: organization, call))
    }

    static let destroy = Route(
        "POST",
        "/api/deploy/destroy",
        name: "destroyProject",
        group: group,
        "Destroy what a project has",
        needs: .organization(.deploy),
        body: .json(.object([.init("projectId", .name(upTo: 100), "The project")] + RunFields.properties)),
        answers: [.json(202, .named(RunAcceptance.schema), "The job is queued, durably")],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        var run = RunRequest(
            organization: organization.name,
            project: try fields.text("projectId"),
            options: RunOptions(action: .destroy),
            requestedBy: try call.principal.actor
        )
        _ = try fields.optionalText("organization")
        try RunFields.read(&fields, into: &run)
        try fields.end()
        return try await RunAcceptance.accept(run, call, organization, message: "Infrastructure destruction started")
    }

    static let validate = Route(
        "GET",
        "/api/deploy/validate/:project",
        name: "validateProject",
        group: group,
        "Let Terraform check what a project was last deployed from; each caller may run one at a time",
        needs: .project(.read),
        answers: [
            .json(
                .object([
                    .init("projectId", .string(), "The project"),
                    .init("valid", .boolean, "Whether Terraform takes it"),
                    .init("errors", .list(.string()), "What it doesn't"),
                    .init("message", .string(), "The same in a sentence"),
                ])
            )
        ]
    ) { call, deployment in
        guard let validation = call.services.validation else {
            throw Problem.unavailable("Terraform can't be run on this server; ask one that has it.")
        }
        let principal = try call.principal
        // A person's tokens and sessions count as one.
        let report = try await validation.validate(deployment, for: principal.user.map { "user \($0)" } ?? principal.subject.text)
        let errors = report.diagnostics.filter { $0.severity == .error }.map { error in
            let place = error.file.map { file in error.line.map { "\(file):\($0): " } ?? "\(file): " } ?? ""
            return place + error.summary + (error.detail.isEmpty ? "" : ": \(error.detail)")
        }
        let message = report.isValid ? "Terraform configuration is valid" : "Terraform configuration is not valid"
        return .json(
            .object([
                ("projectId", .text(deployment.project)),
                ("valid", .bool(report.isValid)),
                ("errors", .list(errors.map { .text($0) })),
                ("message", .text(message)),
            ])
        )
    }

    static let costs = Route(
        "GET",
        "/api/deploy/costs/:project",
        name: "getCosts",
        group: group,
        "Estimate what a project costs: not there yet",
        needs: .organization(.read),
        answers: []
    ) { _, _ in
        throw Problem(501, "not-implemented", "Costs can't be estimated yet.")
    }

    static let outputs = Route(
        "GET",
        "/api/deploy/outputs/:project",
        name: "getOutputs",
        group: group,
        "Read a project's outputs",
        needs: .project(.read),
        query: [QueryParameter("sensitive", .boolean, "Also the values of sensitive ones; needs the permission 'state'")],
        answers: [
            .json(
                .object([
                    .init("projectId", .string(), "The project"),
                    .init("outputs", .dictionary(.any), "By name; a hidden value is null"),
                    .init("message", .string(), "What this is"),
                ])
            )
        ]
    ) { call, deployment in
        let isRevealing = try call.queryFlag("sensitive")
        if isRevealing { try call.check(.state, in: deployment.organization) }
        let outputs = try await call.services.outputs.read(
            project: deployment.project,
            organization: deployment.organizationName,
            revealing: isRevealing
        )
        return .json(
            .object([
                ("projectId", .text(deployment.project)),
                ("outputs", .outputs(outputs)),
                ("message", "Terraform outputs retrieved successfully"),
            ])
        )
    }

    static let state = Route(
        "GET",
        "/api/deploy/state/:project",
        name: "getState",
        group: group,
        "Read a project's state, secrets included",
        needs: .project(.state),
        answers: [
            .json(
                .object([
                    .init("projectId", .string(), "The project"),
                    .init("state", .any, "Terraform's state"),
                    .init("message", .string(), "What this is"),
                ])
            )
        ]
    ) { call, deployment in
        let state = try await call.state(of: deployment)
        return .json(
            .object([
                ("projectId", .text(deployment.project)),
                ("state", .raw(state.bytes)),
                ("message", "Terraform state retrieved successfully"),
            ])
        )
    }
}

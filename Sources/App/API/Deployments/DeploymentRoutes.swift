import Access
import Domain
import Events
import Provisioning
import Storage
import WebServer

/// Deployments, and runs on them beyond deploy and destroy.
enum DeploymentRoutes {
    static let all = [list, show, run, outputs]
    private static let group = "Deployments"

    static let list = Route(
        "GET",
        "/api/deployments",
        name: "listDeployments",
        group: group,
        "List an organization's deployments by name",
        needs: .organizationOrEverywhere(.read),
        query: [QueryParameter("status", .string(), "Only those with this status; several with commas between")] + QueryParameter.page,
        answers: [.json(Schema.page(of: DeploymentDocument.schema))]
    ) { call, organization in
        let (limit, after) = (try call.limit(), call.query("after"))
        let statuses = try call.queryList("status", as: DeploymentStatus.self)
        let found = try await call.services.database.read {
            try DeploymentStore().deployments(
                organization: organization?.name,
                statuses: statuses,
                after: after,
                limit: limit + 1,
                in: $0
            )
        }
        return try .page(found, limit: limit, cursor: \.cursor, DeploymentDocument.init)
    }

    static let show = Route(
        "GET",
        "/api/deployments/:project",
        name: "getDeployment",
        group: group,
        "See a deployment",
        needs: .project(.read),
        answers: [.json(.named(DeploymentDocument.schema))]
    ) { _, deployment in
        try .json(encoding: DeploymentDocument(deployment))
    }

    static let run = Route(
        "POST",
        "/api/deployments/:project/runs",
        name: "runProject",
        group: group,
        "Deploy again, plan, refresh or destroy what a project was deployed from last",
        needs: .project(.deploy),
        body: .json(
            .object(
                [
                    .init("action", .choice(RunAction.allCases.map(\.rawValue)), "What to do"),
                    .optional("plansDestroy", .boolean, "With 'plan': what a destroy would do"),
                ] + RunFields.properties
            )
        ),
        answers: [.json(202, .named(RunAcceptance.schema), "The job is queued, durably")],
        record: .handler
    ) { call, deployment in
        var fields = try call.fields()
        let word = try fields.text("action")
        guard let action = RunAction(rawValue: word) else {
            let words = RunAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid("'action' must be one of \(words), not '\(word.brief)'.")
        }
        var run = RunRequest(
            organization: deployment.organizationName,
            project: deployment.project,
            options: RunOptions(action: action, plansDestroy: try fields.optionalFlag("plansDestroy") ?? false),
            requestedBy: try call.principal.actor
        )
        _ = try fields.optionalText("organization")
        try RunFields.read(&fields, into: &run)
        try fields.end()
        let organization = WorkingOrganization(id: deployment.organization, name: deployment.organizationName)
        return try await RunAcceptance.accept(run, call, organization, message: "The run is queued")
    }

    static let outputs = Route(
        "GET",
        "/api/deployments/:project/outputs",
        name: "getDeploymentOutputs",
        group: group,
        "Read outputs with their types, as terraform output -json has them",
        needs: .project(.read),
        query: [QueryParameter("sensitive", .boolean, "Also the values of sensitive ones; needs the permission 'state'")],
        answers: [
            .json(
                .dictionary(
                    .object([
                        .init("sensitive", .boolean, "Whether it is"), .init("type", .any, "Terraform's type"),
                        .init("value", .any, "Null when it is hidden"),
                    ])
                )
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
            .object(
                outputs.sorted { $0.key < $1.key }.map { name, output in
                    let value: JSONNode = output.value.map { .raw($0) } ?? .null
                    return (name, .object([("sensitive", .bool(output.sensitive)), ("type", .raw(output.type)), ("value", value)]))
                }
            )
        )
    }
}

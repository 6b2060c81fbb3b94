import Access
import Domain
import Provisioning
import StateVault
import Storage
import WebServer

/// What a person decides about a state.
enum StateChangeRoutes {
    static let all = [rollback, importState, pin, unpin]
    private static let group = StateRoutes.group

    static let rollback = Route(
        "POST",
        "/api/deployments/:project/state/rollback",
        name: "rollBackState",
        group: group,
        "Make an earlier version the newest again, as a new version",
        needs: .project(.stateWrite),
        body: .json(
            .object([.init("version", .integer, "To go back to"), .optional("reason", .string(), "For the audit")])
        ),
        answers: [.json(.named(StateVersionDocument.schema))]
    ) { call, deployment in
        var fields = try call.fields()
        guard let version = try fields.optionalInteger("version", in: 1...1_000_000_000) else {
            throw Problem.invalid("'version' is missing; it must be a version's number.")
        }
        let reason = try fields.optionalText("reason") ?? "rollback"
        try fields.end()
        let saved = try await call.naming(deployment) {
            try await call.services.vault.rollback(deployment.id, to: version, author: try call.principal.actor, reason: reason)
        }
        try await call.services.adoption.follow(deployment.id)
        return try .json(encoding: StateVersionDocument(saved))
    }

    static let importState = Route(
        "POST",
        "/api/deployments/:project/state/import",
        name: "importState",
        group: group,
        "Store a state as the newest; a project that isn't there is made",
        needs: .organization(.stateWrite),
        query: [
            QueryParameter("force", .boolean, "Take it in spite of its lineage or serial"),
            QueryParameter("reason", .string(), "For the audit"),
            QueryParameter("dryRun", .boolean, "Only see what it would mean"),
        ],
        body: BodyShape(content: [("application/json", .any)], limit: StateVault.standardLimit, isRequired: true),
        answers: [.json(.named(ImportDocument.schema))]
    ) { call, organization in
        let project = call.parameter("project")
        // Looked at before a project is made for it.
        let offered = try StateDocument(parsing: call.body)
        let known = try await call.services.database.read {
            try DeploymentStore().deployment(project: project, organization: organization.name, in: $0)
        }
        if try call.queryFlag("dryRun") {
            let check = try await known.asyncMap { try await call.services.vault.checkImport(call.body, into: $0.id) }
            return try .json(encoding: ImportDocument(check, of: offered))
        }
        let deployment = try await call.services.backend.ensure(project: project, organization: organization.id)
        let imported = try await call.services.vault.importState(
            call.body,
            into: deployment.id,
            author: try call.principal.actor,
            reason: call.query("reason") ?? "import",
            force: try call.queryFlag("force")
        )
        try await call.services.adoption.follow(deployment.id)
        return try .json(encoding: ImportDocument(imported, of: offered))
    }

    static let pin = Route(
        "PUT",
        "/api/deployments/:project/state/versions/:version/pin",
        name: "pinStateVersion",
        group: group,
        "Keep a version from being pruned",
        needs: .project(.stateWrite),
        answers: [.empty()]
    ) { call, deployment in
        try await call.naming(deployment) {
            try await call.services.vault.pin(deployment.id, version: try call.version, by: try call.principal.actor)
        }
        return .done
    }

    static let unpin = Route(
        "DELETE",
        "/api/deployments/:project/state/versions/:version/pin",
        name: "unpinStateVersion",
        group: group,
        "Let a version be pruned again",
        needs: .project(.stateWrite),
        answers: [.empty()]
    ) { call, deployment in
        try await call.naming(deployment) {
            try await call.services.vault.unpin(deployment.id, version: try call.version, by: try call.principal.actor)
        }
        return .done
    }
}

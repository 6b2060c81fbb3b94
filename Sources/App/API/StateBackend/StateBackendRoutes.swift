import Access
import Domain
import FoundationEssentials
import Provisioning
import Sealing
import StateVault
import Storage
import Terraform
import WebServer

/// Terraform's http backend: any Terraform or OpenTofu keeps its state here, with a token as the password.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/backend/http>
enum StateBackendRoutes {
    static let all = [read, write, delete, lock, unlock]
    private static let group = "State backend"
    private static let lockID = QueryParameter("ID", .string(), "The lock that the writer holds")

    static let read = Route(
        "GET",
        "/api/state/:project",
        name: "readBackendState",
        group: group,
        "Read the newest state; 404: there is none",
        needs: .project(.state),
        answers: [.json(.any, "Terraform's state")]
    ) { call, deployment in
        guard let state = try await call.services.vault.load(deployment.id) else {
            throw Problem.notFound("The project '\(deployment.project)' has no state yet.")
        }
        var headers = [HeaderField("Content-Type", "application/json"), HeaderField("Cache-Control", "no-store")]
        if let sum = MD5.hash(state.bytes) { headers.append(HeaderField("Content-MD5", Data(sum).base64EncodedString())) }
        return Response(headers: headers, body: .bytes(state.bytes))
    }

    static let write = Route(
        "POST",
        "/api/state/:project",
        name: "writeBackendState",
        group: group,
        "Store a state under a lock",
        needs: .organization(.stateWrite),
        query: [lockID],
        body: BodyShape(content: [("*/*", .any)], limit: StateVault.standardLimit, isRequired: true),
        answers: [.empty(200, "Stored, durably")]
    ) { call, organization in
        if let sum = call.request.headers["Content-MD5"] {
            guard let own = MD5.hash(call.body), Data(own).base64EncodedString() == sum else {
                throw Problem.invalid("The body is not what its Content-MD5 says; send it again.")
            }
        }
        let id = call.query("ID")
        let services = call.services
        // A document that is no state makes no project.
        try StateDocument(parsing: call.body).checkSerial()
        let deployment = try await services.backend.ensure(project: call.parameter("project"), organization: organization.id)
        _ = try await services.backend.save(call.body, for: deployment, lock: id, author: try call.principal.actor)
        return Response(status: 200, headers: [HeaderField("Cache-Control", "no-store")])
    }

    static let delete = Route(
        "DELETE",
        "/api/state/:project",
        name: "deleteBackendState",
        group: group,
        "Make the state an empty one; its earlier versions stay",
        needs: .project(.stateWrite),
        query: [lockID],
        answers: [.empty(200, "Emptied, durably")]
    ) { call, deployment in
        try await call.services.backend.empty(deployment, lock: call.query("ID"), author: try call.principal.actor)
        return Response(status: 200, headers: [HeaderField("Cache-Control", "no-store")])
    }

    static let lock = Route(
        "LOCK",
        "/api/state/:project",
        name: "lockBackendState",
        group: group,
        "Take the state's lock, until it is released or a person ends it",
        needs: .organization(.stateWrite),
        body: BodyShape(content: [("*/*", LockInfo.schema)], limit: 64 * 1024, isRequired: true),
        answers: [.json(LockInfo.schema, "It is held now")]
    ) { call, organization in
        let info = try LockInfo(call.body)
        let deployment = try await call.services.backend.ensure(project: call.parameter("project"), organization: organization.id)
        let request = LockRequest(
            deployment.id,
            id: info.id,
            holder: "\(info.who) (\(try call.principal.actor))",
            reason: info.operation,
            info: info.json,
            // Terraform has no heartbeat, and an apply may take hours.
            lifetime: nil
        )
        do throws(VaultError) {
            _ = try await call.services.locks.take(request)
        } catch {
            guard case .locked(let holder) = error.reason else { throw error }
            return locked(423, holder, deployment)
        }
        return .json(.raw(info.json))
    }

    static let unlock = Route(
        "UNLOCK",
        "/api/state/:project",
        name: "unlockBackendState",
        group: group,
        "Release the state's lock; without a body, as terraform force-unlock asks: whoever holds it",
        needs: .project(.stateWrite),
        query: [QueryParameter("force", .boolean, "Whoever holds it")],
        body: BodyShape(content: [("*/*", LockInfo.schema)], limit: 64 * 1024, isRequired: false),
        answers: [.empty(200, "Nobody holds it now")]
    ) { call, deployment in
        if try call.body.isEmpty || call.queryFlag("force") {
            try call.check(.forceUnlock, in: deployment.organization)
            _ = try await LockRoutes.end(deployment, call)
            return Response(status: 200)
        }
        let info = try LockInfo(call.body)
        do throws(VaultError) {
            try await call.services.locks.release(deployment.id, id: info.id)
        } catch {
            guard case .lockNotHeld(_, let holder) = error.reason, let holder else { throw error }
            return locked(409, holder, deployment)
        }
        return Response(status: 200)
    }

    /// Who holds it, in Terraform's words: it prints them.
    private static func locked(_ status: Int, _ lock: StateLock, _ deployment: Deployment) -> Response {
        let info = lock.info.map { JSONNode.raw($0) } ?? LockInfo.json(of: lock, path: deployment.project)
        return .json(info, status: status)
    }
}

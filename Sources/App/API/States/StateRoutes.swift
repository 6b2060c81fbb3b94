import Access
import Domain
import Log
import Provisioning
import StateVault
import WebServer

/// States of a project: reading them and their history.
enum StateRoutes {
    static let all = [pull, resources, versions, version, download, diff] + StateChangeRoutes.all + LockRoutes.all
    static let group = "States"

    static let pull = Route(
        "GET",
        "/api/deployments/:project/state",
        name: "pullState",
        group: group,
        "Read the newest state as Terraform wrote it, secrets included",
        needs: .project(.state),
        answers: [.json(.any, "Terraform's state")]
    ) { call, deployment in
        file(try await call.state(of: deployment))
    }

    static let resources = Route(
        "GET",
        "/api/deployments/:project/state/resources",
        name: "listResources",
        group: group,
        "List the addresses of all resources; a secret in one is masked without the permission 'state'",
        needs: .project(.read),
        query: [QueryParameter("version", .integer, "The newest unless given")],
        answers: [.json(.object([.init("items", .list(.string()), "Terraform's addresses")]))]
    ) { call, deployment in
        let version = try call.query("version", in: 1...Int.max - 1)
        let state = try await call.state(of: deployment, version: version)
        let document = try StateDocument(parsing: state.bytes)
        let mask = try await call.mask(of: deployment, state: document)
        let addresses = document.resources.filter { !$0.isDeposed }.map { mask($0.address) }
        return .json(.object([("items", .list(addresses.map { .text($0) }))]))
    }

    static let versions = Route(
        "GET",
        "/api/deployments/:project/state/versions",
        name: "listStateVersions",
        group: group,
        "List the versions of a state, newest first",
        needs: .project(.read),
        query: QueryParameter.page,
        answers: [.json(Schema.page(of: StateVersionDocument.schema))]
    ) { call, deployment in
        let limit = try call.limit()
        let before = try call.after().map { Int($0) }
        let found = try await call.services.vault.versions(of: deployment.id, before: before, limit: limit + 1)
        return try .page(found, limit: limit, cursor: { String($0.version) }, StateVersionDocument.init)
    }

    static let version = Route(
        "GET",
        "/api/deployments/:project/state/versions/:version",
        name: "getStateVersion",
        group: group,
        "See a version of a state, without its content",
        needs: .project(.read),
        answers: [.json(.named(StateVersionDocument.schema))]
    ) { call, deployment in
        let number = try call.version
        let found = try await call.services.vault.versions(of: deployment.id, before: number + 1, limit: 1).first
        guard let found, found.version == number else { throw Call.noVersion(number, deployment) }
        return try .json(encoding: StateVersionDocument(found))
    }

    static let download = Route(
        "GET",
        "/api/deployments/:project/state/versions/:version/file",
        name: "downloadStateVersion",
        group: group,
        "Read a version of a state as Terraform wrote it, secrets included",
        needs: .project(.state),
        answers: [.json(.any, "Terraform's state")]
    ) { call, deployment in
        file(try await call.state(of: deployment, version: try call.version))
    }

    static let diff = Route(
        "GET",
        "/api/deployments/:project/state/diff",
        name: "compareStates",
        group: group,
        "Compare two versions of a state: names, never values",
        needs: .project(.read),
        query: [
            QueryParameter("from", .integer, "A version; the one before the newest unless given"),
            QueryParameter("to", .integer, "A version; the newest unless given"),
        ],
        answers: [.json(.named(ComparisonDocument.schema))]
    ) { call, deployment in
        let (from, to) = (try call.query("from", in: 1...Int.max - 1), try call.query("to", in: 1...Int.max - 1))
        let comparison = try await call.naming(deployment) { try await call.services.vault.compare(deployment.id, from: from, to: to) }
        let mask = try await call.mask(of: deployment, state: nil)
        return try .json(encoding: ComparisonDocument(comparison, mask: mask))
    }

    private static func file(_ state: LoadedState) -> Response {
        Response(
            headers: [
                HeaderField("Content-Type", "application/json"), HeaderField("Cache-Control", "no-store"),
                HeaderField("X-Slipway-State-Version", String(state.version.version)),
            ],
            body: .bytes(state.bytes)
        )
    }
}

extension Call {
    /// A version of a project's state, the newest unless one is named.
    ///
    /// - Throws: ``Problem``: 404 when there is none.
    func state(of deployment: Deployment, version: Int? = nil) async throws -> LoadedState {
        let found = try await naming(deployment) { try await services.vault.load(deployment.id, version: version) }
        guard let state = found else { throw Self.noVersion(version, deployment) }
        return state
    }

    /// What makes an address fit for the caller: who may read the state gets it as it is, anyone else without the project's secrets.
    func mask(of deployment: Deployment, state: StateDocument?) async throws -> (String) -> String {
        if try principal.allows(.state, in: deployment.organization) { return { $0 } }
        let redactor = try await services.secrets.redactor(of: deployment, state: state)
        return redactor.redacted
    }

    /// Runs `body`, and lets its errors name the project in place of a number.
    func naming<T>(_ deployment: Deployment, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as VaultError {
            switch error.reason {
            case .noVersion(_, nil),
                .noVersion(_, _) where deployment.stateVersion == 0:
                throw Self.noVersion(nil, deployment)
            case .noVersion(_, 0):
                throw Problem.notFound("The project '\(deployment.project)' has no version before the first; name one with --from.")
            case .noVersion(_, let version?):
                throw Self.noVersion(version, deployment)
            case .unknownKey(let key, _, let version):
                let what = "Version \(version) of the state of '\(deployment.project)'"
                throw Problem(
                    500,
                    "damaged",
                    "\(what) was sealed with the key \"\(key)\", which is not in the keyring: put it back.",
                    cause: error
                )
            default: throw error
            }
        }
    }

    /// There is no such version; nil: there is none at all.
    static func noVersion(_ version: Int?, _ deployment: Deployment) -> Problem {
        let what = version.map { "no version \($0) of its state; `slipway state versions` lists them" } ?? "no state yet"
        return Problem.notFound("The project '\(deployment.project)' has \(what).")
    }

    /// The version in the path.
    var version: Int {
        get throws {
            let text = parameter("version")
            guard let number = Int(text), number >= 1, number < .max else {
                throw Problem.invalid("The version must be a whole number from 1, not '\(text.brief)'.")
            }
            return number
        }
    }
}

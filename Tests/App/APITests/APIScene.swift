import Access
import Audit
import Domain
import FoundationEssentials
import Jobs
import Log
import Provisioning
import Schema
import Sealing
import StateVault
import Storage
import Terraform
import TestKit
import WebServer

@testable import API

/// An API without sockets, on a database of its own: two organizations, and people of every role in the first.
struct APIScene: Sendable {
    let services: APIServices
    let server: APIServer
    let own: Organization
    let foreign: Organization
    let administrator: String
    /// Tokens of the first organization by role.
    let tokens: [Role: String]
    /// An owner's of the second organization.
    let stranger: String
    /// A job and a project of the first organization, with a state.
    let job: JobID

    static let project = "shop"
    static let author = Author("test")

    /// Gives `body` a scene.
    static func with(_ database: TestDatabase = .sqlite, _ body: @Sendable (APIScene) async throws -> Void) async throws {
        try await database.with(migrations: Schema.migrations) { database in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let keyring = try Keyring.open(folder: folder.path, environment: [:], createsMissing: true)
            try await body(try await APIScene(database, keyring))
        }
    }

    private init(_ database: Database, _ keyring: Keyring) async throws {
        let vault = StateVault(database: database, keyring: keyring)
        let access = AccessStore(database: database, passwords: PasswordHasher(cost: .init(logN: 10, r: 8, p: 1)))
        services = APIServices(
            database: database,
            keyring: keyring,
            vault: vault,
            locks: StateLocks(vault: vault),
            jobs: JobStore(),
            access: access,
            logger: .none,
            version: "test",
            limits: RateLimits(perCaller: 100_000, perStranger: 100_000)
        )
        server = APIServer(services: services)
        own = try await access.createOrganization(named: "default", by: Self.author)
        foreign = try await access.createOrganization(named: "other", by: Self.author)
        administrator = try await access.ensureAdministratorToken(by: Self.author) ?? ""
        var tokens: [Role: String] = [:]
        for role in Role.allCases {
            let new = NewToken(name: role.rawValue, owner: .organization(own.id, role))
            tokens[role] = try await access.createToken(new, by: Self.author).text
        }
        self.tokens = tokens
        stranger = try await access.createToken(NewToken(name: "stranger", owner: .organization(foreign.id, .owner)), by: Self.author).text
        try await access.createUser(named: "anna", password: "correct horse battery", by: Self.author)
        job = try await services.submission.submit(
            RunRequest(
                organization: "default",
                project: Self.project,
                options: RunOptions(action: .deploy),
                source: try SourceFiles(files: ["main.tf": Array("output \"o\" {\n  value = \"only-ours\"\n}\n".utf8)]),
                requestedBy: "test"
            )
        )
        let deployment = try await services.backend.ensure(project: Self.project, organization: own.id)
        _ = try await services.backend.save(Self.state(), for: deployment, lock: nil, author: "test")
    }

    /// A state with one resource and one output.
    static func state(serial: Int = 1, lineage: String = "6e5d2c4e-0000-4000-8000-000000000000") -> [UInt8] {
        let text = """
            {"version":4,"terraform_version":"1.11.4","serial":\(serial),"lineage":"\(lineage)",\
            "outputs":{"o":{"value":"only-ours","type":"string"}},\
            "resources":[{"mode":"managed","type":"terraform_data","name":"a","provider":"provider[\\"terraform.io/builtin/terraform\\"]",\
            "instances":[{"schema_version":0,"attributes":{"id":"only-ours","input":null,"output":null,"triggers_replace":null}}]}],\
            "check_results":null}
            """
        return Array(text.utf8)
    }

    // MARK: - Asking

    /// What was answered.
    struct Answer: Sendable, CustomStringConvertible {
        let status: Int
        let headers: [HeaderField]
        let body: String
        var json: JSONTree? { JSONTree(body) }
        var error: String? { json?["error"]?.text }
        var description: String { "\(status) \(body)" }
    }

    /// Asks, as a client with that token does.
    func ask(
        _ method: String,
        _ path: String,
        token: String? = nil,
        _ body: String = "",
        type: String? = "application/json",
        headers: [HeaderField] = []
    ) async throws -> Answer {
        try await ask(method, path, token: token, bytes: Array(body.utf8), type: type, headers: headers)
    }

    /// As above, with a body that is no text.
    func ask(
        _ method: String,
        _ path: String,
        token: String?,
        bytes body: [UInt8],
        type: String?,
        headers: [HeaderField] = []
    ) async throws -> Answer {
        var fields = headers
        if let token { fields.append(HeaderField("Authorization", "Bearer \(token)")) }
        if !body.isEmpty, let type { fields.append(HeaderField("Content-Type", type)) }
        guard let target = RequestTarget(path) else { throw TooLate(description: "a target of \(path)") }
        let request = Request(
            method: method,
            target: target,
            headers: HeaderFields(fields),
            body: RequestBody(bytes: body),
            client: Client(address: "192.0.2.7"),
            id: "test"
        )
        // As the web server does.
        let quick = body.isEmpty ? server.respondAtOnce(to: request) : nil
        let response = if let quick { quick } else { await server.respond(to: request) }
        var text = ""
        if case .bytes(let bytes) = response.body { text = String(decoding: bytes, as: UTF8.self) }
        return Answer(status: response.status, headers: response.headers, body: text)
    }
}

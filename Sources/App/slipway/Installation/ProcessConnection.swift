import API
import Access
import Log
import WebServer

/// The API in this process, on the data folder or database that the configuration names; the local user is its administrator.
struct ProcessConnection: APIConnection {
    let program: Composition
    private let server: APIServer
    private let caller: Principal

    init(_ program: Composition) {
        self.program = program
        caller = .local(program.person)
        server = APIServer(services: program.apiServices(access: AccessStore(database: program.database)))
    }

    func send(_ order: APIOrder) async throws -> APIAnswer {
        guard let target = RequestTarget(order.target) else { throw CommandError("'\(Harmless.line(order.path.last ?? ""))' is no name.") }
        let request = Request(
            method: order.method,
            target: target,
            headers: HeaderFields(order.type.map { [HeaderField("Content-Type", $0)] } ?? []),
            body: RequestBody(bytes: order.body),
            client: Client(address: "")
        )
        let response = try await server.perform(request, as: caller)
        guard case .bytes(let bytes) = response.body else { throw CommandError("The answer can't be read here; report this as a bug.") }
        let version = response.headers.first { $0.name == "X-Slipway-State-Version" }.flatMap { Int($0.value) }
        return APIAnswer(body: bytes, stateVersion: version)
    }
}

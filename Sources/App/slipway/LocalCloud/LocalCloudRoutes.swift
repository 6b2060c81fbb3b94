import API
import FoundationEssentials
import Sealing
import WebServer

/// What the local cloud answers to: machines as JSON, for whoever has its token.
struct LocalCloudRoutes: Sendable {
    private struct Machines: Encodable {
        let machines: [LocalMachine]
    }

    let cloud: LocalCloud
    let token: String
    /// Called for what people may want to see.
    let report: @Sendable (_ event: String, _ machine: LocalMachine) -> Void

    func respond(to request: Request) async -> Response {
        do {
            return try await route(request)
        } catch let fault as MachineFault {
            return answer(["error": fault.description], status: fault.isClients ? 422 : 500)
        } catch {
            return answer(["error": "\(error)"], status: 500)
        }
    }

    private func route(_ request: Request) async throws -> Response {
        let words = request.segments
        guard words.first == "machines", words.count < 3 || (words.count == 3 && words[2] == "state") else {
            return answer(["error": "there are only /machines, /machines/ID and /machines/ID/state"], status: 404)
        }
        // Whoever knows a machine's id needs no token: Terraform's destroy provisioners know nothing else, and the state keeps no secret.
        if words.count > 1 {
            let machine = await cloud.machines.first { $0.id == words[1] }
            switch (request.method, words.count) {
            case ("GET", 3): return answer(MachineState(id: words[1], machine))
            case ("DELETE", 2):
                await cloud.end(words[1])
                if let machine { report("ended", machine) }
                return Response(status: 204)
            default: return answer(["error": words.count == 3 ? "only GET" : "only DELETE"], status: 405)
            }
        }
        guard isLetIn(request) else { return answer(["error": "the token is missing or wrong"], status: 401) }
        switch request.method {
        case "GET": return answer(Machines(machines: await cloud.machines))
        case "POST":
            let body = try await request.body.collect(upTo: 64 * 1024)
            guard let order = try? JSONDecoder().decode(MachineOrder.self, from: Data(body)) else {
                return answer(
                    ["error": "the body is no JSON like {\"name\": \"web-1\", \"ssh_public_key\": \"ssh-ed25519 …\"}"],
                    status: 400
                )
            }
            let machine = try await cloud.make(order)
            report("made", machine)
            return answer(machine, status: 201)
        default: return answer(["error": "only GET and POST"], status: 405)
        }
    }

    private func isLetIn(_ request: Request) -> Bool {
        HMAC.isEqual(Array((request.headers["Authorization"] ?? "").utf8), Array("Bearer \(token)".utf8))
    }

    private func answer(_ value: some Encodable, status: Int = 200) -> Response {
        // Texts and numbers always encode.
        .bytes((try? JSONDocument.compact(value)) ?? [], status: status, type: "application/json")
    }
}

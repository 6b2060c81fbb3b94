import Dispatch
import FoundationEssentials
import Storage
import Synchronization

/// The way of a line to a subscriber: from the moment that Terraform stamps it to the moment that its event is read from a WebSocket.
enum LiveBench {
    private struct Accepted: Decodable { let jobId: String }
    private struct Message: Decodable {
        let event: String
        let data: String
    }
    private struct Payload: Decodable {
        let address: String?
        let phase: String?
        let text: String?
    }

    static func measure(_ rig: Rig, _ report: Report) async throws {
        _ = try rig.terraform()
        var delays: [Delay] = []
        let probe = try DiskProbe(rig)
        try await Served.with(rig, tokens: 4) { served in
            // The first finds everything cold, Terraform itself too.
            _ = try await self.delays(rig, served)
            for _ in 0..<rig.runs { delays += try await self.delays(rig, served) }
        }
        Delay.rows(delays, "line to WebSocket", report)
        probe.report(report)
    }

    /// Of one deploy.
    private static func delays(_ rig: Rig, _ served: Served) async throws -> [Delay] {
        let project = "l-\(Rig.unique())"
        let connection = try HTTPConnection(port: served.port)
        let body = Data(try JSONEncoder().encode(["projectId": project, "iacCode": DelayBench.configuration]))
        let answer = try connection.get("POST", "/api/deploy", token: served.token, Array(body))
        let job = try JSONDecoder().decode(Accepted.self, from: Data(answer)).jobId
        let id: Int64? = try await served.database.read { transaction in
            try transaction.first("SELECT id FROM terraform_deployments WHERE project = \(project)")?.value("id")
        }
        guard let id else { throw Rig.Failure(description: "The server has no deployment \(project).") }
        let socket = try EventSocket(served, channel: "private-deployment.\(id)", since: 0, token: served.token, signer: connection)
        async let read = events(from: socket)
        let output = try await TerraformOutput.find(dataFolder: served.folder, environment: rig.environment, while: served.process)
        let events = try await read
        guard events.contains(where: { $0.name == "finished" }) else { throw Rig.Failure(description: "The events of \(job) have no end.") }
        var seen: [String: Double] = [:]
        for event in events {
            guard let address = event.payload.address else { continue }
            seen["\(event.name == "provisioner" ? event.payload.text ?? "" : event.payload.phase ?? "") \(address)"] = event.at
        }
        return try output.lines().compactMap { line in seen[line.subject].map { Delay(line, seenAt: $0) } }
    }

    private struct Event: Sendable {
        let name: String
        let payload: Payload
        let at: Double
    }

    /// All until the job's end; read on a thread of its own.
    private static func events(from socket: sending EventSocket) async throws -> [Event] {
        let box = Box(socket)
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "events").async { continuation.resume(with: Result { try read(box.socket) }) }
        }
    }

    private final class Box: @unchecked Sendable {
        // @unchecked: handed over once.
        let socket: EventSocket
        init(_ socket: EventSocket) { self.socket = socket }
    }

    private static func read(_ socket: EventSocket) throws -> [Event] {
        var texts: [(text: String, at: Double)] = []
        // Taken apart later.
        repeat {
            texts.append((try socket.next(), Date().timeIntervalSince1970))
        } while texts.last?.text.hasPrefix("{\"event\":\"finished\"") == false
        return try texts.map { text, at in
            let message = try JSONDecoder().decode(Message.self, from: Data(text.utf8))
            return Event(name: message.event, payload: try JSONDecoder().decode(Payload.self, from: Data(message.data.utf8)), at: at)
        }
    }
}

import API
import Events
import Storage
import TestKit
import Testing
import WebServer

/// Server-sent events, as curl reads them.
@Suite struct EventStreamTests {
    private func curl(_ scene: LiveScene, _ query: String, lastID: String? = nil) throws -> Talker {
        let header = lastID.map { ["-H", "Last-Event-ID: \($0)"] } ?? []
        return try Talker(RequiredTool.curl.path ?? "", ["-sNi"] + header + ["http://127.0.0.1:\(scene.port)/api/events?\(query)"])
    }

    @Test(.requires(.curl), arguments: TestDatabase.allCases)
    func `a stream that is cut off goes on by its last id without loss or repetition`(kind: TestDatabase) async throws {
        try await LiveScene.with(kind) { scene in
            let channels = "channels=organization.1.terraform,deployment.7"
            let total = 120
            try await withThrowingTaskGroup(of: Void.self) { group in
                let first = try curl(scene, channels)
                _ = try await first.line("id: ")
                group.addTask {
                    for number in 1...total {
                        try await scene.tell(LiveScene.terraform, ["{\"t\":\(number)}"])
                        try await scene.tell(LiveScene.shop, ["{\"d\":\(number)}"])
                    }
                }
                var (client, lastID): (Talker, String?) = (first, nil)
                var data: [String] = []
                while data.count < 2 * total {
                    // Cut off in the middle, again and again.
                    let wanted = min(37, 2 * total - data.count)
                    _ = try await client.wait(for: "\(wanted) events") { $0.count { $0.hasPrefix("data: ") } >= wanted }
                    await client.stop()
                    for line in client.lines {
                        if line.hasPrefix("id: ") { lastID = String(line.dropFirst(4)) }
                        if line.hasPrefix("data: ") { data.append(String(line.dropFirst(6))) }
                    }
                    // An id whose event was cut off counts for nothing: its line comes first.
                    if let last = client.lines.last(where: { !$0.isEmpty }), last.hasPrefix("id: ") || last.hasPrefix("event: ") {
                        lastID = client.lines.filter { $0.hasPrefix("id: ") }.dropLast().last.map { String($0.dropFirst(4)) } ?? lastID
                    }
                    if data.count < 2 * total { client = try curl(scene, channels, lastID: lastID) }
                }
                #expect(data.filter { $0.contains("t") } == (1...total).map { "{\"t\":\($0)}" })
                #expect(data.filter { $0.contains("d") } == (1...total).map { "{\"d\":\($0)}" })
                try await group.waitForAll()
            }
        }
    }

    @Test(.requires(.curl)) func `a stream has its type, its retry, its ids and signs of life`() async throws {
        try await LiveScene.with { scene in
            try await scene.tell(LiveScene.shop, ["{\"n\":1}", "{\"n\":2}"], name: "log")
            let client = try curl(scene, "channels=deployment.7,organization.1.servers&since=0")
            let lines = try await client.wait(for: "a sign of life") { $0.contains(":") }
            #expect(lines.contains { $0.lowercased() == "content-type: text/event-stream\r" })
            let body = lines.filter { !$0.hasSuffix("\r") && $0 != "" && $0 != ":" }
            #expect(
                body == [
                    "retry: 1000", "id: deployment.7:0,organization.1.servers:0", "id: deployment.7:1,organization.1.servers:0",
                    "event: log",
                    "data: {\"n\":1}", "id: deployment.7:2,organization.1.servers:0", "event: log", "data: {\"n\":2}",
                ]
            )
            await client.stop()
            try await within(.seconds(20), "no subscriber") {
                while scene.hub.counts.subscribers > 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test(arguments: [
        "", "channels=", "channels=x", "channels=private-deployment.7", "channels=deployment.7&since=x", "channels=deployment.7&since=-1",
        "channels=deployment.7&since=deployment.7:1;",
    ])
    func `a request that says nothing sensible is refused`(query: String) throws {
        let target = try #require(RequestTarget("/api/events?\(query)"))
        #expect(throws: EventStreamRequest.Malformed.self) { try EventStreamRequest(Request(method: "GET", target: target)) }
    }
}

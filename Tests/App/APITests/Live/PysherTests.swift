import API
import Events
import Storage
import TestKit
import Testing

/// The Pusher protocol with a client that others have written.
@Suite(.serialized) struct PysherTests {
    private static let script = """
        import json, os, sys, time, pysher
        port, count = int(sys.argv[1]), int(sys.argv[2])
        client = pysher.Pusher("slipway", secure=False, custom_host="127.0.0.1", port=port,
            auth_endpoint=f"http://127.0.0.1:{port}/broadcasting/auth", log_level=50)
        seen = []
        def heard(data):
            seen.append(data)
            print("event", data, flush=True)
        def connected(data):
            print("connected", data, flush=True)
            for name in sys.argv[3:]:
                channel = client.subscribe(name)
                channel.bind("pusher_internal:subscription_succeeded", lambda data: print("subscribed", flush=True))
                channel.bind("TerraformProvisioningProgress", heard)
        client.connection.bind("pusher:connection_established", connected)
        client.connect()
        while len(seen) < count: time.sleep(0.01)
        print("done", flush=True)
        os._exit(0)
        """

    @Test(.requires(.pysher), arguments: TestDatabase.allCases)
    func `pysher hears a private channel's events in order`(kind: TestDatabase) async throws {
        try await LiveScene.with(kind) { scene in
            let names = ["private-organization.1.terraform", "private-deployment.7"]
            let client = try Talker(RequiredTool.pysher.path ?? "", ["-c", Self.script, "\(scene.port)", "60"] + names)
            #expect(try await client.line("connected").contains("activity_timeout"))
            try await client.wait(for: "subscriptions") { $0.count { $0 == "subscribed" } == 2 }
            for number in 1...30 {
                try await scene.tell(LiveScene.terraform, ["{\"progress\":\(number),\"message\":\"\\\"Ä\\\" \\\\ \\n\"}"])
                try await scene.tell(LiveScene.shop, ["{\"shop\":\(number)}"])
            }
            _ = try await client.line("done")
            let events = client.lines.filter { $0.hasPrefix("event ") }
            #expect(
                events.filter { $0.contains("progress") }
                    == (1...30).map { "event {\"progress\":\($0),\"message\":\"\\\"Ä\\\" \\\\ \\n\"}" }
            )
            #expect(events.filter { $0.contains("shop") } == (1...30).map { "event {\"shop\":\($0)}" })
        }
    }
}

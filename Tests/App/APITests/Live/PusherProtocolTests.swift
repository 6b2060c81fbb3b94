import API
import Events
import FoundationEssentials
import Storage
import TestKit
import Testing

/// Each message of the Pusher protocol, by a plain WebSocket client.
@Suite struct PusherProtocolTests {
    private static let head = """
        import json, sys, time, requests, websocket
        port = int(sys.argv[1])
        def connect(path="/app/slipway?protocol=7"):
            return websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=30)
        def hear(socket): return json.loads(socket.recv())
        def say(socket, event, **data): socket.send(json.dumps({"event": event, "data": data}))
        def session():
            socket = connect()
            established = hear(socket)
            assert established["event"] == "pusher:connection_established", established
            return socket, json.loads(established["data"])["socket_id"]
        def auth(socket_id, channel, user="anna"):
            return requests.post(f"http://127.0.0.1:{port}/broadcasting/auth", data={"socket_id": socket_id, "channel_name": channel},
                headers={"X-User": user})
        def subscribe(socket, socket_id, channel, user="anna", **more):
            say(socket, "pusher:subscribe", channel=channel, **auth(socket_id, channel, user).json(), **more)
        def closed(path):
            socket = connect(path)
            code = hear(socket)["data"]["code"]
            opcode, data = socket.recv_data()
            assert opcode == 8 and int.from_bytes(data[:2], "big") == code, (opcode, data)
            return code

        """

    private func run(_ scene: LiveScene, _ script: String) throws -> Talker {
        try Talker(RequiredTool.pysher.path ?? "", ["-c", Self.head + script, "\(scene.port)"])
    }

    @Test(.requires(.pysher)) func `a connection that can't be is told why and closed with the same code`() async throws {
        try await LiveScene.with { scene in
            let client = try run(
                scene,
                """
                for path in ["/app/other?protocol=7", "/app", "/app/slipway?protocol=x", "/app/slipway?protocol=99", "/app/slipway"]:
                    print(closed(path), flush=True)
                """
            )
            #expect(try await client.wait() == ["4001", "4005", "4006", "4007", "4008"])
        }
    }

    @Test(.requires(.pysher)) func `too many connections and a disabled server have their codes`() async throws {
        var limits = LiveScene.patient
        limits.connections = 1
        try await LiveScene.with(limits: limits) { scene in
            let client = try run(scene, "one = session()\nprint(closed('/app/slipway?protocol=7'), flush=True)")
            #expect(try await client.wait() == ["4004"])
        }
        try await LiveScene.with(isEnabled: false) { scene in
            let client = try run(scene, "print(closed('/app/slipway?protocol=7'), flush=True)")
            #expect(try await client.wait() == ["4003"])
        }
    }

    @Test(.requires(.pysher)) func `a client that subscribes to nothing in time is sent away, and one that did stays`() async throws {
        var limits = PusherLimits()
        limits.authenticationTime = .milliseconds(1500)
        try await LiveScene.with(limits: limits) { scene in
            let client = try run(
                scene,
                """
                member, id = session()
                subscribe(member, id, "private-organization.1.terraform")
                print(hear(member)["event"])
                # A wrong signature shows nothing.
                stranger, _ = session()
                say(stranger, "pusher:subscribe", channel="private-organization.1.terraform", auth="slipway:00:t12")
                events = []
                while True:
                    opcode, data = stranger.recv_data()
                    if opcode == 8: break
                    events.append(json.loads(data)["event"])
                print(events, int.from_bytes(data[:2], "big"))
                # It came before the stranger.
                say(member, "pusher:unsubscribe", channel="private-organization.1.terraform")
                say(member, "pusher:ping")
                print(hear(member)["event"])
                """
            )
            #expect(
                try await client.wait() == [
                    "pusher_internal:subscription_succeeded",
                    "['pusher:subscription_error', 'pusher:error', 'pusher:error'] 4009",
                    "pusher:pong",
                ]
            )
        }
    }

    @Test(.requires(.pysher)) func `a message of 32 KiB is too much of a stranger, and not of a member`() async throws {
        try await LiveScene.with { scene in
            let client = try run(
                scene,
                """
                long = "private-" + "x" * 32000
                stranger, _ = session()
                say(stranger, "pusher:unsubscribe", channel=long)
                opcode, data = stranger.recv_data()
                print(opcode, int.from_bytes(data[:2], "big"))
                member, id = session()
                subscribe(member, id, "private-organization.1.terraform")
                print(hear(member)["event"])
                say(member, "pusher:unsubscribe", channel=long)
                say(member, "pusher:ping")
                print(hear(member)["event"])
                """
            )
            #expect(try await client.wait() == ["8 1009", "pusher_internal:subscription_succeeded", "pusher:pong"])
        }
    }

    @Test(.requires(.pysher)) func `what a client may not do is answered with an error`() async throws {
        try await LiveScene.with { scene in
            let client = try run(
                scene,
                """
                socket, id = session()
                say(socket, "pusher:ping")
                print(hear(socket)["event"])
                mine, foreign = "private-organization.1.terraform", "private-organization.2.terraform"
                for channel, signature in [(mine, None), (mine, "slipway:00"), (foreign, auth(id, mine).json()["auth"]),
                                           ("organization.1.terraform", None), ("private-x", None)]:
                    say(socket, "pusher:subscribe", channel=channel, auth=signature)
                    first, second = hear(socket), hear(socket)
                    print(first["event"], first["channel"] == channel, second["event"], second["data"]["code"])
                print(auth(id, foreign).status_code, auth("1.2:x", mine).status_code)
                socket.send(json.dumps({"event": "client-hello", "channel": mine, "data": {}}))
                print(hear(socket)["data"]["code"])
                for text in ["{", "[]", "{\\"event\\":1}", json.dumps({"event": "pusher:subscribe", "data": {"channel": mine, "since": -1}})]:
                    socket.send(text)
                    print(hear(socket)["data"]["code"])
                say(socket, "pusher:later")
                say(socket, "pusher:unsubscribe", channel=mine)
                say(socket, "pusher:ping")
                print(hear(socket)["event"], flush=True)
                """
            )
            let refused = Array(repeating: "pusher:subscription_error True pusher:error 4009", count: 5)
            #expect(
                try await client.wait() == ["pusher:pong"] + refused + ["403 403", "4301", "4200", "4200", "4200", "4200", "pusher:pong"]
            )
        }
    }

    @Test(.requires(.pysher)) func `a signature with another's subject, or with none, is refused`() async throws {
        try await LiveScene.with { scene in
            let client = try run(
                scene,
                """
                import hmac
                socket, id = session()
                channel = "private-deployment.7"
                right = auth(id, channel).json()["auth"]
                key, digits, subject = right.split(":")
                print(subject)
                older = hmac.new(b"a secret of the tests", f"{id}:{channel}".encode(), "sha256").hexdigest()
                for forged in [f"{key}:{digits}:t1", f"{key}:{digits}:l", f"{key}:{digits}", f"{key}:{older}", f"{key}:{older}:{subject}"]:
                    say(socket, "pusher:subscribe", channel=channel, auth=forged)
                    print(hear(socket)["event"], hear(socket)["data"]["code"])
                say(socket, "pusher:subscribe", channel=channel, auth=right)
                print(hear(socket)["event"], flush=True)
                """
            )
            let refused = Array(repeating: "pusher:subscription_error 4009", count: 5)
            #expect(try await client.wait() == ["t12"] + refused + ["pusher_internal:subscription_succeeded"])
        }
    }

    @Test(.requires(.pysher), arguments: TestDatabase.allCases)
    func `since replays what was missed, and goes on live without a gap`(kind: TestDatabase) async throws {
        try await LiveScene.with(kind) { scene in
            try await scene.database.write { transaction in
                let past = (1...900).map { NewBroadcast(LiveScene.shop, name: "log", data: "{\"number\":\($0)}") }
                try BroadcastStore().append(past, at: .init(), in: transaction)
            }
            let client = try run(
                scene,
                """
                name = "private-deployment.7"
                first, first_id = session()
                subscribe(first, first_id, name)
                print(json.loads(hear(first)["data"])["position"], flush=True)
                socket, id = session()
                subscribe(socket, id, name, since="deployment.7:10")
                seen = []
                while not seen or seen[-1] < 1000:
                    event = hear(socket)
                    if event["event"] == "log":
                        number = json.loads(event["data"])["number"]
                        assert event["id"] == f"deployment.7:{number}" and event["channel"] == name, event
                        seen.append(number)
                print("whole", seen == list(range(11, 1001)), flush=True)
                live = [json.loads(hear(first)["data"])["number"] for _ in range(100)]
                print("live", live == list(range(901, 1001)), flush=True)
                """
            )
            #expect(try await client.line("9") == "00")
            try await scene.tell(LiveScene.shop, (901...1000).map { "{\"number\":\($0)}" }, name: "log")
            #expect(try await client.wait() == ["900", "whole True", "live True"])
        }
    }

    @Test(.requires(.pysher)) func `a presence channel's members see each other come and go`() async throws {
        try await LiveScene.with { scene in
            let client = try run(
                scene,
                """
                name = "presence-organization.1.terraform"
                anna, anna_id = session()
                subscribe(anna, anna_id, name, "anna")
                print(json.loads(hear(anna)["data"])["presence"]["ids"])
                ben, ben_id = session()
                subscribe(ben, ben_id, name, "ben")
                presence = json.loads(hear(ben)["data"])["presence"]
                print(presence["count"], presence["ids"], presence["hash"]["anna"]["name"])
                print(json.loads(hear(anna)["data"])["user_id"])
                again, again_id = session()
                subscribe(again, again_id, name, "ben")
                print(json.loads(hear(again)["data"])["presence"]["count"])
                ben.close()
                say(again, "pusher:unsubscribe", channel=name)
                left = hear(anna)
                print(left["event"], json.loads(left["data"])["user_id"], flush=True)
                """
            )
            #expect(
                try await client.wait() == [
                    "['anna']", "2 ['anna', 'ben'] \"Anna\" Ä", "ben", "2", "pusher_internal:member_removed ben",
                ]
            )
        }
    }

    @Test(.requires(.pysher)) func `a silent client is asked, and given up`() async throws {
        var limits = LiveScene.patient
        (limits.activityTimeout, limits.pongTime) = (.seconds(1), .seconds(1))
        try await LiveScene.with(limits: limits) { scene in
            let client = try run(
                scene,
                """
                socket, id = session()
                print(hear(socket)["event"])
                say(socket, "pusher:pong")
                print(hear(socket)["event"])
                print(hear(socket)["data"]["code"], flush=True)
                """
            )
            #expect(try await client.wait() == ["pusher:ping", "pusher:ping", "4201"])
            try await within(.seconds(20), "no connection") {
                while scene.pusher.connectionCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test(.requires(.pysher)) func `a server that stops sends its clients to come back`() async throws {
        try await LiveScene.with { scene in
            let client = try run(scene, "socket, id = session()\nprint('up', flush=True)\nprint(hear(socket)['data']['code'], flush=True)")
            _ = try await client.line("up")
            scene.pusher.close()
            #expect(try await client.wait() == ["up", "4200"])
        }
    }
}

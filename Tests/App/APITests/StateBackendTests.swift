import Access
import Domain
import FoundationEssentials
import Jobs
import Provisioning
import StateVault
import Storage
import TestKit
import Testing
import WebServer

@testable import API

@Suite struct StateBackendTests {
    private static func info(_ id: String) -> String {
        #"{"ID":"\#(id)","Operation":"OperationTypeApply","Info":"","Who":"anna@laptop","Version":"1.11.4","Created":"2026-01-31T12:00:00Z","Path":""}"#
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `what is written under the lock is read back, byte for byte`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            #expect(try await scene.ask("GET", "/api/state/new", token: token).status == 404)
            #expect(try await scene.ask("LOCK", "/api/state/new", token: token, Self.info("l-1")).status == 200)
            let state = Self.text(APIScene.state())
            #expect(try await scene.ask("POST", "/api/state/new?ID=l-1", token: token, state).status == 200)
            #expect(try await scene.ask("GET", "/api/state/new", token: token).body == state)
            #expect(try await scene.ask("UNLOCK", "/api/state/new", token: token, Self.info("l-1")).status == 200)
            let shown = try await scene.ask("GET", "/api/deployments/new", token: token)
            #expect(shown.json?["status"]?.text == "completed" && shown.json?["resources"]?.number == 1, "\(shown)")
            #expect(try await scene.ask("GET", "/api/deploy/outputs/new", token: token).json?["outputs"]?["o"]?.text == "only-ours")
        }
    }

    @Test func `of two only one has the lock, and the other is told who`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            #expect(try await scene.ask("LOCK", "/api/state/shop", token: token, Self.info("l-1")).status == 200)
            // The answer was lost, and Terraform asks again.
            #expect(try await scene.ask("LOCK", "/api/state/shop", token: token, Self.info("l-1")).status == 200)
            let refused = try await scene.ask("LOCK", "/api/state/shop", token: token, Self.info("l-2"))
            #expect(refused.status == 423)
            #expect(refused.json?["ID"]?.text == "l-1" && refused.json?["Who"]?.text == "anna@laptop", "\(refused)")
            let other = try await scene.ask("UNLOCK", "/api/state/shop", token: token, Self.info("l-2"))
            #expect(other.status == 409 && other.json?["ID"]?.text == "l-1", "\(other)")
            let second = Self.text(APIScene.state(serial: 2))
            #expect(try await scene.ask("POST", "/api/state/shop?ID=l-2", token: token, second).status == 409)
            #expect(try await scene.ask("POST", "/api/state/shop", token: token, second).status == 423)
            #expect(try await scene.ask("POST", "/api/deployments/shop/state/import", token: token, second).status == 423)
            #expect(try await scene.ask("POST", "/api/state/shop?ID=l-1", token: token, second).status == 200)
        }
    }

    @Test func `whose lock a person ended can't write any more`() async throws {
        try await APIScene.with { scene in
            let (admin, member) = (scene.tokens[.admin], scene.tokens[.member])
            #expect(try await scene.ask("LOCK", "/api/state/shop", token: admin, Self.info("l-1")).status == 200)
            #expect(try await scene.ask("UNLOCK", "/api/state/shop", token: member).status == 403)
            // As terraform force-unlock sends it: without a body.
            #expect(try await scene.ask("UNLOCK", "/api/state/shop", token: admin).status == 200)
            let late = try await scene.ask("POST", "/api/state/shop?ID=l-1", token: admin, Self.text(APIScene.state(serial: 2)))
            #expect(late.status == 409, "\(late)")
            #expect(try await scene.ask("LOCK", "/api/state/shop", token: admin, Self.info("l-2")).status == 200)
            #expect(try await scene.ask("POST", "/api/state/shop?ID=l-1", token: admin, Self.text(APIScene.state(serial: 2))).status == 409)
            #expect(try await scene.ask("POST", "/api/state/shop?ID=l-2", token: admin, Self.text(APIScene.state(serial: 2))).status == 200)
            let audit = try await scene.ask("GET", "/api/audit?action=state.unlocked", token: admin)
            #expect(audit.json?["items"]?[0]?["actor"]?.text == "token:admin", "\(audit)")
        }
    }

    @Test func `the lock has no end by itself`() async throws {
        try await APIScene.with { scene in
            _ = try await scene.ask("LOCK", "/api/state/shop", token: scene.tokens[.admin], Self.info("l-1"))
            let lock = try await scene.ask("GET", "/api/deployments/shop/lock", token: scene.tokens[.viewer])
            #expect(lock.json?["lock"]?["expiresAt"] == nil, "\(lock)")
            #expect(lock.json?["lock"]?["lock"]?.text == "l-1")
        }
    }

    @Test func `a run that meets a lock doesn't cost its holder the right to write`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            _ = try await scene.ask("LOCK", "/api/state/shop", token: token, Self.info("l-1"))
            let deployment = try await scene.services.backend.ensure(project: "shop", organization: scene.own.id)
            let request = LockRequest(deployment.id, id: "job", holder: "job", reason: "deploy", fence: Fence(rawValue: 50))
            await #expect(throws: VaultError.self) { _ = try await scene.services.locks.take(request) }
            #expect(try await scene.ask("POST", "/api/state/shop?ID=l-1", token: token, Self.text(APIScene.state(serial: 2))).status == 200)
        }
    }

    @Test(arguments: [Int.max, 1 << 53, -1])
    func `a serial that no later one could follow is refused with what to do`(_ serial: Int) async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            let answer = try await scene.ask("POST", "/api/state/new", token: token, Self.text(APIScene.state(serial: serial)))
            #expect(answer.status == 400 && answer.error?.contains("set \"serial\" in the file") == true, "\(answer)")
            // It makes no project either.
            #expect(try await scene.ask("GET", "/api/deployments/new", token: token).status == 404)
        }
    }

    @Test func `what is no state, or another's, is refused`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            #expect(try await scene.ask("POST", "/api/state/shop", token: token, "{}").status == 400)
            #expect(try await scene.ask("POST", "/api/state/never", token: token, "{\"version\":4").status == 400)
            #expect(try await scene.ask("GET", "/api/deployments/never", token: token).status == 404)
            #expect(
                try await scene.ask("POST", "/api/state/shop", token: token, Self.text(APIScene.state(serial: 9, lineage: "other"))).status
                    == 409
            )
            #expect(try await scene.ask("POST", "/api/state/shop", token: token, Self.text(APIScene.state(serial: 0))).status == 409)
            let sum = [HeaderField("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")]
            let torn = try await scene.ask("POST", "/api/state/shop", token: token, Self.text(APIScene.state(serial: 2)), headers: sum)
            #expect(torn.status == 400, "\(torn)")
            for body in ["", "[]", "{}", #"{"ID":""}"#, #"{"ID":7}"#, #"{"ID":"ended:x"}"#, #"{"ID":"a\u0000"}"#] {
                #expect(try await scene.ask("LOCK", "/api/state/shop", token: token, body).status == 400, "\(body)")
            }
            #expect(try await scene.ask("LOCK", "/api/state/..%2Fshop", token: token, Self.info("l-1")).status == 400)
        }
    }

    @Test func `emptying keeps what was known`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.admin]
            #expect(try await scene.ask("DELETE", "/api/state/shop", token: token).status == 200)
            #expect(try await scene.ask("GET", "/api/state/shop", token: token).json?["resources"]?.list == [])
            let back = try await scene.ask("POST", "/api/deployments/shop/state/rollback", token: token, #"{"version":1}"#)
            #expect(back.status == 200 && back.json?["version"]?.number == 3, "\(back)")
            #expect(try await scene.ask("GET", "/api/state/shop", token: token).body.contains("only-ours"))
        }
    }

    @Test func `a password in HTTP's basic way is the token`() async throws {
        try await APIScene.with { scene in
            let token = try #require(scene.tokens[.admin])
            let basic = Data("slipway:\(token)".utf8).base64EncodedString()
            let answer = try await scene.ask("GET", "/api/state/shop", headers: [HeaderField("Authorization", "Basic \(basic)")])
            #expect(answer.status == 200)
            let wrong = try await scene.ask("GET", "/api/state/shop", headers: [HeaderField("Authorization", "Basic eDp5")])
            #expect(wrong.status == 401)
            #expect(wrong.headers.first { $0.name == "WWW-Authenticate" }?.value.hasPrefix("Basic") == true)
        }
    }
}

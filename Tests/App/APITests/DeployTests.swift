import Access
import Domain
import Log
import TestKit
import Testing
import WebServer

@testable import API

@Suite struct DeployTests {
    private static let code = #"output \"o\" {\n  value = 1\n}\n"#

    @Test func `a deploy is queued, and the same key queues it once`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.member]
            let body = #"{"projectId":"two","iacCode":"\#(Self.code)"}"#
            let key = [HeaderField("Idempotency-Key", "k-1")]
            let first = try await scene.ask("POST", "/api/deploy", token: token, body, headers: key)
            #expect(first.status == 202, "\(first)")
            #expect(first.json?.names == ["jobId", "status", "message"])
            #expect(first.json?["status"]?.text == "accepted")
            let again = try await scene.ask("POST", "/api/deploy", token: token, body, headers: key)
            #expect(again.status == 202 && again.body == first.body)
            let other = try await scene.ask("POST", "/api/deploy", token: token, body.replacing("two", with: "three"), headers: key)
            #expect(other.status == 409, "\(other)")
            let crowd = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let key = [HeaderField("Idempotency-Key", "k-2")]
                        return try await scene.ask("POST", "/api/deploy", token: token, body, headers: key).json?["jobId"]?.text
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(crowd.count == 1 && crowd.first != .some(nil), "\(crowd)")
            #expect(try await scene.ask("GET", "/api/jobs?project=two", token: token).json?["items"]?.list.count == 2)
        }
    }

    @Test func `the words of the requirement are the words of the answer`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.member]
            let status = try await scene.ask("GET", "/api/deploy/status/\(scene.job)", token: token)
            #expect(status.json?["status"]?.text == "pending")
            #expect(status.json?["startTime"]?.text?.hasSuffix("Z") == true)
            #expect(status.json?["endTime"] == .null)
            let infrastructure = try await scene.ask("GET", "/api/deploy/infrastructure/shop", token: token)
            #expect(infrastructure.json?["deploymentStatus"]?.text == "pending")
            #expect(infrastructure.json?["terraformState"]?["serial"]?.number == 1)
            let viewed = try await scene.ask("GET", "/api/deploy/infrastructure/shop", token: scene.tokens[.viewer])
            #expect(viewed.status == 200 && viewed.json?["terraformState"] == .null)
            #expect(
                try await scene.ask("GET", "/api/deploy/infrastructure/none", token: token).json?["deploymentStatus"]?.text
                    == "not_deployed"
            )
            #expect(try await scene.ask("GET", "/api/deploy/outputs/shop", token: token).json?["outputs"]?["o"]?.text == "only-ours")
            #expect(try await scene.ask("GET", "/api/deploy/costs/shop", token: token).status == 501)
            let destroy = try await scene.ask("POST", "/api/deploy/destroy", token: token, #"{"projectId":"shop"}"#)
            #expect(destroy.status == 202 && destroy.json?["jobId"]?.text?.hasPrefix("destroy-") == true, "\(destroy)")
            #expect(try await scene.ask("POST", "/api/deploy/destroy", token: token, #"{"projectId":"none"}"#).status == 404)
            #expect(try await scene.ask("GET", "/api/deployments/none", token: token).status == 404)
        }
    }

    @Test(arguments: [
        ("", "The body is missing"), ("{", "The body is no JSON."), ("[]", "must be a JSON object"), ("\u{FEFF}{}", "no JSON"),
        (#"{"iacCode":"x"}"#, "'projectId' is missing"), (#"{"projectId":"a"}"#, "'iacCode' is missing"),
        (#"{"projectId":5,"iacCode":"x"}"#, "'projectId' must be a text"), (#"{"projectId":"a","iacCode":" "}"#, "'iacCode' is empty"),
        (#"{"projectId":"../a","iacCode":"x"}"#, "no project name"), (#"{"projectId":"a\u0000","iacCode":"x"}"#, "NUL"),
        (#"{"projectId":"a","iacCode":"x","more":1}"#, "'more' is no field"),
        (#"{"projectId":"a","projectId":"b","iacCode":"x"}"#, "'projectId' is given twice"),
        (#"{"projectId":"a","iacCode":{"../main.tf":"x"}}"#, "leads out of the folder"),
        (#"{"projectId":"a","iacCode":{"/etc/passwd":"x"}}"#, "leads out of the folder"),
        (#"{"projectId":"a","iacCode":{"main.tf":"x","main.tf/b":"y"}}"#, "leads out of the folder"),
        (#"{"projectId":"a","iacCode":{"readme":"x"}}"#, "no .tf file"), (#"{"projectId":"a","iacCode":{"main.tf":5}}"#, "must be a text"),
        (#"{"projectId":"a","iacCode":"x","timeoutSeconds":0}"#, "'timeoutSeconds' must be"),
        (#"{"projectId":"a","iacCode":"x","environment":{"A=B":"c"}}"#, "no name of an environment variable"),
        (#"{"projectId":"a","iacCode":"x","organization":7}"#, "'organization' must be a text"),
        (#"{"projectId":"a","iacCode":"x","credentials":["none"]}"#, "no credential 'none'"),
    ])
    func `bad input gets one clear sentence, and leaves nothing behind`(body: String, sentence: String) async throws {
        try await APIScene.with { scene in
            let answer = try await scene.ask("POST", "/api/deploy", token: scene.tokens[.member], body)
            #expect((400..<500).contains(answer.status), "\(answer)")
            #expect(answer.error?.contains(sentence) == true, "\(answer)")
            #expect(try await scene.ask("GET", "/api/jobs", token: scene.tokens[.member]).json?["items"]?.list.count == 1)
            #expect(try await scene.ask("GET", "/api/deployments", token: scene.tokens[.member]).json?["items"]?.list.count == 1)
        }
    }

    @Test func `JSON that nests without end is refused`() async throws {
        try await APIScene.with { scene in
            let deep = String(repeating: "[", count: 200_000)
            let answer = try await scene.ask("POST", "/api/deploy", token: scene.tokens[.member], deep)
            #expect(answer.status == 400)
        }
    }

    @Test func `another media type is refused by name`() async throws {
        try await APIScene.with { scene in
            let answer = try await scene.ask("POST", "/api/deploy", token: scene.tokens[.member], "PK\u{3}\u{4}", type: "application/zip")
            #expect(answer.status == 415 && answer.error?.contains("application/gzip") == true, "\(answer)")
        }
    }

    @Test func `lists are paged by key`() async throws {
        try await APIScene.with { scene in
            let token = scene.tokens[.member]
            for name in ["a", "b", "c"] {
                _ = try await scene.ask("POST", "/api/deploy", token: token, #"{"projectId":"\#(name)","iacCode":"\#(Self.code)"}"#)
            }
            for path in ["/api/deployments?limit=3", "/api/jobs?limit=3", "/api/audit?limit=3"] {
                var seen: [JSONTree] = []
                var next: String?
                repeat {
                    let page = try await scene.ask("GET", path + (next.map { "&after=\($0)" } ?? ""), token: scene.tokens[.admin])
                    #expect(page.status == 200, "\(page)")
                    seen += page.json?["items"]?.list ?? []
                    next = page.json?["next"]?.text
                } while next != nil
                #expect(Set(seen).count == seen.count && seen.count >= 4, "\(path): \(seen.count)")
            }
        }
    }

    @Test func `a stranger who asks too often has to wait`() async throws {
        try await APIScene.with { scene in
            let services = scene.services
            let server = APIServer(
                services: APIServices(
                    database: services.database,
                    keyring: services.keyring,
                    vault: services.vault,
                    locks: services.locks,
                    jobs: services.jobs,
                    access: services.access,
                    logger: .none,
                    version: "test",
                    limits: RateLimits(perCaller: 0.3, perStranger: 0.3)
                )
            )
            guard let target = RequestTarget("/api/jobs") else { return }
            func ask(_ fields: [HeaderField]) async -> Response {
                await server.respond(to: Request(method: "GET", target: target, headers: HeaderFields(fields)))
            }
            for fields in [[], [HeaderField("Authorization", "Bearer \(scene.administrator)")]] {
                for _ in 0..<3 { #expect(await ask(fields).status != 429) }
                let response = await ask(fields)
                #expect(response.status == 429)
                #expect(response.headers.contains { $0.name == "Retry-After" })
            }
        }
    }
}

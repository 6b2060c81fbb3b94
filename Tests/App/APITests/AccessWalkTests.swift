import Access
import Domain
import TestKit
import Testing
import WebServer

@testable import API

/// Every route, asked by everyone.
@Suite struct AccessWalkTests {
    /// The path of a route with things of the first organization in it.
    static func path(_ route: Route, _ scene: APIScene) -> String {
        let values = [
            "project": APIScene.project, "job": scene.job.rawValue, "organization": "default", "version": "1", "user": "anna",
            "token": "1", "name": "aws", "queue": "terraform", "key": "slipway",
        ]
        let path = route.template.parts.map { part in
            switch part {
            case .fixed(let word): "/\(word)"
            case .parameter(let name): "/\(values[name] ?? "x")"
            }
        }.joined()
        return path.isEmpty ? "/" : path
    }

    /// Whether the query says whose things are asked for.
    static func named(_ path: String, _ route: Route, _ organization: String) -> String {
        route.query.contains { $0.name == "organization" } ? "\(path)?organization=\(organization)" : path
    }

    /// A body that gets past the first look.
    static func body(_ route: Route) -> String { route.body == nil ? "" : "{}" }

    @Test(arguments: Routes.all.map(\.name)) func `nobody without a token gets anything`(name: String) async throws {
        let route = try #require(Routes.all.first { $0.name == name })
        guard route.requirement != .nothing else { return }
        try await APIScene.with { scene in
            for headers in [
                [], [HeaderField("Authorization", "Bearer slp_\(String(repeating: "a", count: 40))")],
                [HeaderField("Cookie", "slipway_session=x")],
            ] {
                let answer = try await scene.ask(route.method, Self.path(route, scene), Self.body(route), headers: headers)
                #expect(answer.status == 401, "\(route.method) \(route.template.text): \(answer)")
                #expect(answer.error != nil)
                #expect(!answer.body.contains("only-ours"))
            }
        }
    }

    @Test func `an organization's routes look to others as if nothing were there`() async throws {
        try await APIScene.with { scene in
            for route in Routes.all {
                guard case .permission = route.requirement else { continue }
                let path = Self.path(route, scene)
                // As the stranger may name it; and with nothing named, where the stranger's own is meant.
                let named = try await scene.ask(route.method, Self.named(path, route, "default"), token: scene.stranger, Self.body(route))
                #expect(named.status == 404, "\(route.method) \(path): \(named)")
                #expect(!named.body.contains("only-ours"))
                let plain = try await scene.ask(route.method, path, token: scene.stranger, Self.body(route))
                #expect(!plain.body.contains("only-ours"), "\(route.method) \(path): \(plain)")
            }
        }
    }

    @Test(arguments: Role.allCases) func `a role gets what it may and 403 for the rest`(role: Role) async throws {
        try await APIScene.with { scene in
            let token = try #require(scene.tokens[role])
            for route in Routes.all {
                let path = Self.named(Self.path(route, scene), route, "default")
                switch route.requirement {
                case .nothing, .login: continue
                case .administration:
                    let answer = try await scene.ask(route.method, path, token: token, Self.body(route))
                    #expect(answer.status == 403, "\(role) \(route.method) \(path): \(answer)")
                case .permission(let permission):
                    // What it may would change the scene: one of its own, so that the others find it as it was.
                    guard role.permissions.contains(permission) else {
                        let answer = try await scene.ask(route.method, path, token: token, Self.body(route))
                        #expect(answer.status == 403, "\(role) \(route.method) \(path): \(answer)")
                        continue
                    }
                    guard route.method == "GET", !route.isStream else { continue }
                    let answer = try await scene.ask(route.method, path, token: token)
                    #expect(answer.status != 401 && answer.status != 403, "\(role) \(route.method) \(path): \(answer)")
                    #expect(
                        answer.status < 500 || answer.status == 501 || answer.status == 503,
                        "\(role) \(route.method) \(path): \(answer)"
                    )
                }
            }
        }
    }

    @Test func `an administrator may everything, and no answer is a failure of the server's`() async throws {
        try await APIScene.with { scene in
            // What takes things away last.
            let order = ["GET", "PUT", "POST", "PATCH", "LOCK", "UNLOCK", "DELETE"]
            let routes = Routes.all.filter { !$0.isStream }.sorted {
                order.firstIndex(of: $0.method) ?? 9 < order.firstIndex(of: $1.method) ?? 9
            }
            for route in routes where route.name != "revokeToken" {
                let path = Self.named(Self.path(route, scene), route, "default")
                let answer = try await scene.ask(route.method, path, token: scene.administrator, Self.body(route))
                #expect(answer.status != 401 && answer.status != 403, "\(route.method) \(path): \(answer)")
                #expect(answer.status < 500 || answer.status == 501 || answer.status == 503, "\(route.method) \(path): \(answer)")
            }
        }
    }

    @Test func `what is denied is in the audit, with who and from where`() async throws {
        try await APIScene.with { scene in
            let viewer = try #require(scene.tokens[.viewer])
            let denied = try await scene.ask("POST", "/api/deploy", token: viewer, "{}")
            #expect(denied.status == 403)
            let list = try await scene.ask("GET", "/api/audit?result=denied", token: scene.tokens[.admin])
            #expect(list.json?["items"]?[0]?["action"]?.text == "api.deployProject", "\(list)")
            #expect(list.json?["items"]?[0]?["actor"]?.text == "token:viewer")
            #expect(list.json?["items"]?[0]?["source"]?.text == "192.0.2.7")
        }
    }

    @Test func `a token narrowed to permissions has no others`() async throws {
        try await APIScene.with { scene in
            let made = try await scene.ask(
                "POST",
                "/api/tokens",
                token: scene.tokens[.admin],
                #"{"name":"backend","organization":"default","role":"admin","permissions":["state","stateWrite"]}"#
            )
            #expect(made.status == 201, "\(made)")
            let token = try #require(made.json?["token"]?.text)
            #expect(try await scene.ask("GET", "/api/state/shop", token: token).status == 200)
            #expect(try await scene.ask("GET", "/api/deployments", token: token).status == 403)
            #expect(try await scene.ask("DELETE", "/api/deployments/shop/lock", token: token).status == 403)
            // It can't make one that may more, nor a member one at all.
            #expect(
                try await scene.ask("POST", "/api/tokens", token: token, #"{"name":"x","organization":"default","role":"owner"}"#).status
                    == 403
            )
            let member = scene.tokens[.member]
            #expect(
                try await scene.ask("POST", "/api/tokens", token: member, #"{"name":"x","organization":"default","role":"viewer"}"#).status
                    == 403
            )
            #expect(
                try await scene.ask("POST", "/api/tokens", token: scene.tokens[.owner], #"{"name":"x","administrator":true}"#).status == 403
            )
        }
    }

    @Test func `a session needs its CSRF token to change something`() async throws {
        try await APIScene.with { scene in
            let anna = try await scene.services.access.requireUser(named: "anna")
            try await scene.services.access.grant(.owner, to: anna.id, in: scene.own.id, by: APIScene.author)
            let begun = try await scene.ask("POST", "/api/session", #"{"user":"anna","password":"correct horse battery"}"#)
            #expect(begun.status == 201, "\(begun)")
            let cookie = try #require(begun.headers.first { $0.name == "Set-Cookie" }?.value.split(separator: ";").first.map(String.init))
            let csrf = try #require(begun.json?["csrfToken"]?.text)
            let asks = HeaderField("Cookie", cookie)
            #expect(try await scene.ask("GET", "/api/deployments", headers: [asks]).status == 200)
            let refused = try await scene.ask("PATCH", "/api/organizations/default", #"{"name":"renamed"}"#, headers: [asks])
            #expect(refused.status == 403)
            let named = try await scene.ask(
                "PATCH",
                "/api/organizations/default",
                #"{"name":"renamed"}"#,
                headers: [asks, HeaderField("X-CSRF-Token", csrf)]
            )
            #expect(named.status == 200, "\(named)")
            #expect(try await scene.ask("POST", "/api/session", #"{"user":"anna","password":"wrong"}"#).status == 401)
        }
    }
}

import Access
import Domain
import Jobs
import Provisioning
import Sealing
import Storage
import Terraform
import TestKit
import Testing
import WebServer

@testable import API

/// One reading of parameters for every route and every form of body.
@Suite struct ParametersTests {
    /// The forms that the body of a deploy has.
    enum Form: String, CaseIterable, Sendable {
        case json, multipart, archive
    }

    /// Deploys with the same said in either place.
    private static func deploy(_ scene: APIScene, _ form: Form, query: String = "", fields: String = "") async throws -> APIScene.Answer {
        let token = scene.tokens[.member]
        let project = #""projectId":"p""#
        let members = fields.isEmpty ? project : "\(project),\(fields)"
        let tail = query.isEmpty ? "" : "?\(query)"
        switch form {
        case .json:
            return try await scene.ask("POST", "/api/deploy\(tail)", token: token, #"{\#(members),"iacCode":"output \"o\" {}"}"#)
        case .multipart:
            let parts: [(name: String, type: String, content: [UInt8])] = [
                ("run", "application/json", Array("{\(members)}".utf8)), ("source", "application/gzip", try archive()),
            ]
            let body = MultipartForm.bytes(parts, boundary: "mark")
            return try await scene.ask("POST", "/api/deploy\(tail)", token: token, bytes: body, type: "multipart/form-data; boundary=mark")
        case .archive:
            let path = "/api/deploy?projectId=p\(query.isEmpty ? "" : "&\(query)")"
            return try await scene.ask("POST", path, token: token, bytes: try archive(), type: "application/gzip")
        }
    }

    private static func archive() throws -> [UInt8] {
        try Gzip.compress(SourceFiles(files: ["main.tf": Array("output \"o\" {}\n".utf8)]).archive)
    }

    private static func options(_ answer: APIScene.Answer, _ scene: APIScene) async throws -> RunOptions {
        let job = JobID(rawValue: try #require(answer.json?["jobId"]?.text, "\(answer)"))
        let record = try await scene.services.database.read { [jobs = scene.services.jobs] in try jobs.job(job, in: $0) }
        return try RunOptions.decoded(from: try #require(record).payload)
    }

    @Test(arguments: Form.allCases) func `what the query says counts with every form of the body`(form: Form) async throws {
        try await APIScene.with { scene in
            let answer = try await Self.deploy(scene, form, query: "planFirst=true&rollback=1&autoRegisterServer=false&timeoutSeconds=77")
            let options = try await Self.options(answer, scene)
            #expect(options.planFirst && options.rollbackOnFailure && options.autoRegisterServer == false)
            let plan = try await Self.options(try await Self.deploy(scene, form, query: "action=plan"), scene)
            #expect(plan.action == .plan)
        }
    }

    @Test(arguments: Form.allCases) func `a credential is named in the query as in the body`(form: Form) async throws {
        try await APIScene.with { scene in
            let answer = try await Self.deploy(scene, form, query: "credentials=none,other")
            #expect(answer.error?.contains("no credential 'none'") == true, "\(answer)")
        }
    }

    @Test(arguments: [Form.json, .multipart]) func `query and body may say the same, and nothing different`(form: Form) async throws {
        try await APIScene.with { scene in
            let same = try await Self.deploy(scene, form, query: "planFirst=1&projectId=p", fields: #""planFirst":true"#)
            #expect(try await Self.options(same, scene).planFirst)
            // Null is as good as nothing.
            let alone = try await Self.deploy(scene, form, query: "planFirst=true", fields: #""planFirst":null"#)
            #expect(try await Self.options(alone, scene).planFirst)
            for (query, fields, name) in [
                ("planFirst=true", #""planFirst":false"#, "planFirst"), ("projectId=q", "", "projectId"),
                ("action=plan", #""action":"deploy""#, "action"), ("organization=default", #""organization":"other""#, "organization"),
                ("credentials=a", #""credentials":["b"]"#, "credentials"), ("timeoutSeconds=5", #""timeoutSeconds":6"#, "timeoutSeconds"),
            ] {
                let answer = try await Self.deploy(scene, form, query: query, fields: fields)
                #expect(
                    answer.status == 400 && answer.error == "'\(name)' differs in the query and in the body; give it in one of them only."
                )
            }
        }
    }

    @Test(arguments: Form.allCases) func `what is no parameter is refused, and so are secrets in an address`(form: Form) async throws {
        try await APIScene.with { scene in
            for query in [
                "plan_first=true", "variables=a", "environment=a", "iacCode=a", "planFirst=true&planFirst=false", "planFirst=perhaps",
                "planFirst=",
            ] {
                let answer = try await Self.deploy(scene, form, query: query)
                #expect(answer.status == 400, "\(query): \(answer)")
                #expect(answer.error?.contains("'\(query.prefix { $0 != "=" })'") == true, "\(query): \(answer)")
            }
            if form != .archive {
                let answer = try await Self.deploy(scene, form, fields: #""plan_first":true"#)
                #expect(answer.error?.hasPrefix("'plan_first' is no field of this request; it takes ") == true, "\(answer)")
            }
            #expect(try await scene.ask("GET", "/api/jobs", token: scene.tokens[.member]).json?["items"]?.list.count == 1)
        }
    }

    @Test func `no route passes over a parameter that it doesn't know`() async throws {
        try await APIScene.with { scene in
            for route in Routes.all {
                let path = AccessWalkTests.path(route, scene)
                let asked = try await scene.ask(
                    route.method,
                    "\(path)?dry_run=true",
                    token: scene.administrator,
                    AccessWalkTests.body(route)
                )
                #expect(asked.status == 400, "\(route.method) \(path): \(asked)")
                #expect(asked.error?.hasPrefix("'dry_run' is no parameter of this request's query; ") == true, "\(route.name): \(asked)")
                guard route.body?.takesAny != true, route.name != "importState" else { continue }
                let body = try await scene.ask(route.method, path, token: scene.administrator, #"{"dry_run":true}"#)
                #expect(body.status == 400, "\(route.method) \(path): \(body)")
                let sentence = route.body == nil ? "This request takes no body" : "'dry_run' is no field of this request; it takes "
                #expect(body.error?.hasPrefix(sentence) == true, "\(route.name): \(body)")
            }
        }
    }

    @Test func `an organization may not differ on any route that takes it twice`() async throws {
        try await APIScene.with { scene in
            let routes = Routes.all.filter { route in
                route.query.contains { $0.name == "organization" }
                    && route.body?.fields(of: "application/json").contains { $0.name == "organization" } == true
            }
            #expect(routes.count > 3)
            for route in routes {
                let path = "\(AccessWalkTests.path(route, scene))?organization=default"
                let answer = try await scene.ask(route.method, path, token: scene.administrator, #"{"organization":"other"}"#)
                #expect(answer.status == 400 && answer.error?.hasPrefix("'organization' differs") == true, "\(route.name): \(answer)")
            }
            let retried = try await scene.ask(
                "POST",
                "/api/jobs/\(scene.job)/cancel",
                token: scene.administrator
            )
            #expect(retried.status == 202, "\(retried)")
            let foreign = #"{"organization":"other"}"#
            let answer = try await scene.ask("POST", "/api/jobs/\(scene.job)/retry", token: scene.administrator, foreign)
            #expect(answer.status == 400 && answer.error?.contains("leave 'organization' out") == true, "\(answer)")
        }
    }

    @Test func `the description names the same parameters for the query as for the body`() throws {
        let document = JSONTree(OpenAPI.document(of: Routes.all, version: "1").string)
        let operation = try #require(document?["paths"]?["/api/deploy"]?["post"])
        let parameters = try #require(operation["parameters"]?.list).filter { $0["in"]?.text == "query" }
        let names = Set(parameters.compactMap { $0["name"]?.text })
        #expect(names.isSuperset(of: ["projectId", "action", "organization", "planFirst", "rollback", "timeoutSeconds", "credentials"]))
        #expect(names.isDisjoint(with: ["variables", "variableFiles", "environment", "iacCode"]))
        let body = operation["requestBody"]?["content"]?["application/json"]?["schema"]?["properties"]
        #expect(names.isSubset(of: try #require(body?.names)))
        #expect(parameters.first { $0["name"]?.text == "credentials" }?["explode"]?.bool == false)
    }

    @Test func `the status of a job takes no parameters, however fresh it is`() async throws {
        try await APIScene.with { scene in
            for _ in 0..<2 {
                #expect(try await scene.ask("GET", "/api/deploy/status/\(scene.job)", token: scene.tokens[.member]).status == 200)
            }
            let answer = try await scene.ask("GET", "/api/deploy/status/\(scene.job)?wait=5", token: scene.tokens[.member])
            #expect(answer.status == 400, "\(answer)")
        }
    }
}

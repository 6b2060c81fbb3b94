import Host
import TestKit
import Testing
import WebServer

@testable import API

@Suite struct DescriptionTests {
    private let document = JSONTree(OpenAPI.document(of: Routes.all, version: "1").string)

    @Test func `every route is in it once, under its own name`() throws {
        let paths = try #require(document?["paths"])
        var names: Set<String> = []
        for route in Routes.all {
            let path = try #require(paths[route.template.openAPI], "\(route.template.text)")
            let operation = path[route.method.lowercased()] ?? path["x-additionalOperations"]?[route.method]
            #expect(operation?["operationId"]?.text == route.name)
            #expect(names.insert(route.name).inserted, "\(route.name) twice")
            #expect(operation?["summary"]?.text?.isEmpty == false)
            #expect((operation?["security"]?.list.isEmpty == true) == (route.requirement == .nothing))
            let answers = operation?["responses"]?.names.count ?? 0
            #expect(answers > 0)
        }
    }

    @Test func `everything that it refers to is there`() throws {
        let schemas = try #require(document?["components"]?["schemas"]?.names)
        var wanted: Set<String> = []
        func look(_ tree: JSONTree) {
            switch tree {
            case .list(let items): items.forEach(look)
            case .object(let members):
                if case .text(let reference)? = members["$ref"] { wanted.insert(String(reference.split(separator: "/").last ?? "")) }
                members.values.forEach(look)
            default: break
            }
        }
        look(try #require(document))
        #expect(wanted.subtracting(schemas).isEmpty, "\(wanted.subtracting(schemas))")
        #expect(wanted.count > 10)
    }

    @Test func `documents have the fields that it says`() async throws {
        try await APIScene.with { scene in
            let token = scene.administrator
            func check(_ answer: APIScene.Answer, _ named: NamedSchema, at items: Bool = false) throws {
                let tree = try #require(items ? answer.json?["items"]?[0] : answer.json, "\(answer)")
                guard case .object(let properties) = named.schema else { return }
                #expect(tree.names.isSubset(of: properties.map(\.name)), "\(named.name): \(tree.names.subtracting(properties.map(\.name)))")
                let required = Set(properties.filter(\.isRequired).map(\.name))
                #expect(required.isSubset(of: tree.names), "\(named.name): \(required.subtracting(tree.names))")
            }
            try check(try await scene.ask("GET", "/api/jobs", token: token), JobDocument.schema, at: true)
            try check(try await scene.ask("GET", "/api/jobs/\(scene.job)", token: token), JobDocument.schema)
            try check(try await scene.ask("GET", "/api/deployments", token: token), DeploymentDocument.schema, at: true)
            try check(
                try await scene.ask("GET", "/api/deployments/shop/state/versions", token: token),
                StateVersionDocument.schema,
                at: true
            )
            try check(try await scene.ask("GET", "/api/deploy/status/\(scene.job)", token: token), RunStatus.schema)
            try check(try await scene.ask("GET", "/api/deploy/infrastructure/shop", token: token), Infrastructure.schema)
            try check(try await scene.ask("GET", "/api/organizations/default", token: token), OrganizationDocument.schema)
            try check(try await scene.ask("GET", "/nowhere", token: token), Problem.schema)
        }
    }
}

@Suite struct RouteTableTests {
    private let table = RouteTable(Routes.all)

    @Test func `a fixed part goes before a parameter, and a slash at the end is none`() {
        func name(_ method: String, _ path: String) -> String? {
            if case .route(let route, _) = table.match(
                method,
                path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
            ) {
                return route.name
            }
            return nil
        }
        #expect(name("GET", "/api/jobs/") == "listJobs")
        #expect(name("GET", "/api/jobs/deploy-1") == "getJob")
        #expect(name("HEAD", "/api/jobs/deploy-1") == "getJob")
        #expect(name("LOCK", "/api/state/shop") == "lockBackendState")
        #expect(name("GET", "/api/state/") == nil)
        #expect(name("GET", "/api//jobs") == nil)
        #expect(name("GET", "/api/jobs/a/b") == nil)
    }

    @Test func `another method is told what is possible`() async throws {
        try await APIScene.with { scene in
            let answer = try await scene.ask("PUT", "/api/deploy")
            #expect(answer.status == 405)
            #expect(answer.headers.first { $0.name == "Allow" }?.value == "POST, OPTIONS")
            #expect(try await scene.ask("OPTIONS", "/api/jobs").status == 204)
        }
    }
}

@Suite struct RouteRegisterTests {
    @Test func `the documentation lists every route, and no other`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        let text = String(decoding: try FileSystem.read("\(root)/docs/api.md"), as: UTF8.self)
        let listed = text.matches(of: /(?m)^\| `([A-Z]+ \/[^`]*)` \|/).map { String($0.1) }
        let actual = Routes.all.map { "\($0.method) \($0.template.text)" }
        #expect(Set(listed) == Set(actual), "\(Set(listed).symmetricDifference(actual))")
    }
}

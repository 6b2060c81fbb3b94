import Access
import Domain
import TestKit
import Testing

@testable import API

@Suite struct LimitRoutesTests {
    private static let path = "/api/organizations/default/limits"

    private func put(_ scene: APIScene, _ body: String) async throws -> APIScene.Answer {
        try await scene.ask("PUT", Self.path, token: scene.administrator, body)
    }

    @Test(arguments: TestDatabase.allCases)
    func `a field that is left out keeps its value, null resets it, and DELETE resets all`(kind: TestDatabase) async throws {
        try await APIScene.with(kind) { scene in
            let before = try await scene.ask("GET", "/api/organizations/default", token: scene.tokens[.viewer]).json?["limits"]
            #expect(before?["memoryBytes"]?.number == 4_294_967_296 && before?["openFiles"]?.number == 16_384)
            #expect(before?["own"]?.list.count == 0 && before?["processors"] == nil)
            let set = try await put(scene, #"{"memoryBytes":268435456,"processors":1.5,"openFiles":1e3}"#)
            let limits = set.json?["limits"]
            #expect(set.status == 200 && limits?["memoryBytes"]?.number == 268_435_456 && limits?["processors"]?.number == 1.5, "\(set)")
            #expect(limits?["own"]?.list.map(\.text) == ["memoryBytes", "openFiles", "processors"], "\(set)")
            let more = try await put(scene, #"{"memoryBytes":null,"processes":64}"#).json?["limits"]
            #expect(more?["memoryBytes"]?.number == 4_294_967_296 && more?["processes"]?.number == 64 && more?["processors"]?.number == 1.5)
            #expect(more?["own"]?.list.map(\.text) == ["processes", "openFiles", "processors"])
            #expect(try await put(scene, "{}").json?["limits"]?["own"]?.list.count == 3)
            let listed = try await scene.ask("GET", "/api/organizations", token: scene.administrator).json?["items"]?.list
            #expect(listed?.first { $0["name"]?.text == "default" }?["limits"]?["processes"]?.number == 64)
            #expect(listed?.first { $0["name"]?.text == "other" }?["limits"]?["own"]?.list.count == 0)
            let reset = try await scene.ask("DELETE", Self.path, token: scene.administrator)
            #expect(reset.status == 200 && reset.json?["limits"]?["own"]?.list.count == 0 && reset.json?["limits"]?["processors"] == nil)
            let audit = try await scene.ask("GET", "/api/audit?action=organization.limits_changed", token: scene.tokens[.admin])
            #expect(audit.json?["items"]?.list.count == 3, "\(audit)")
            #expect(audit.json?["items"]?[1]?["details"]?["memory"]?.text == "default", "\(audit)")
            #expect(audit.json?["items"]?[2]?["details"]?["processors"]?.text == "1.5", "\(audit)")
        }
    }

    @Test(arguments: [
        #""memoryBytes":1"#, #""memoryBytes":67108863"#, #""memoryBytes":-268435456"#, #""memoryBytes":1e400"#, #""memoryBytes":-1e400"#,
        #""memoryBytes":9223372036854775807"#, #""memoryBytes":99999999999999999999999"#, #""memoryBytes":268435456.5"#,
        #""memoryBytes":"1 GiB""#,
        #""processes":31"#, #""processes":true"#, #""openFiles":0"#, #""diskBytes":1e300"#, #""logBytes":[]"#, #""processors":0"#,
        #""processors":0.0999"#, #""processors":-1"#, #""processors":1e999"#, #""processors":8193"#,
        #""processors":"NaN""#, #""processors":NaN"#,
        #""memory":268435456"#, #""own":[]"#,
    ])
    func `what no run can have is refused, by name, and changes nothing`(field: String) async throws {
        try await APIScene.with { scene in
            let answer = try await put(scene, field.contains("processes") ? "{\(field)}" : "{\"processes\":64,\(field)}")
            #expect(answer.status == 400, "\(field): \(answer)")
            let name = field.split(separator: "\"").first.map(String.init) ?? ""
            // Some are no JSON.
            let isJSON = !field.hasSuffix("NaN") && !field.contains("e999") && !field.contains("e400")
            #expect(answer.error?.contains("'\(name)'") == true || !isJSON, "\(answer)")
            let found = try await scene.ask("GET", "/api/organizations/default", token: scene.administrator)
            #expect(found.json?["limits"]?["own"]?.list.count == 0, "\(found)")
        }
    }

    @Test func `only an administrator sets them, as with the network`() async throws {
        try await APIScene.with { scene in
            for role in Role.allCases {
                for method in ["PUT", "DELETE"] {
                    let body = method == "PUT" ? #"{"processes":64}"# : ""
                    let answer = try await scene.ask(method, Self.path, token: scene.tokens[role], body)
                    #expect(answer.status == 403, "\(role): \(answer)")
                }
            }
            #expect(try await scene.ask("PUT", Self.path, token: scene.stranger, #"{"processes":64}"#).status == 404)
            #expect(try await scene.ask("PUT", "/api/organizations/nobody/limits", token: scene.administrator, "{}").status == 404)
        }
    }

    @Test func `the description has each limit's bounds, and that null is taken`() throws {
        let document = try #require(JSONTree(OpenAPI.document(of: Routes.all, version: "test").string))
        let operation = document["paths"]?["/api/organizations/{organization}/limits"]?["put"]
        let properties = operation?["requestBody"]?["content"]?["application/json"]?["schema"]?["properties"]
        #expect(properties?.names == Set(RunLimit.allCases.map(\.field)), "\(String(describing: operation))")
        for limit in RunLimit.allCases {
            let kinds = properties?[limit.field]?["anyOf"]?.list
            #expect(kinds?.first?["minimum"]?.number == limit.range.lowerBound, "\(limit)")
            #expect(kinds?.first?["maximum"]?.number == limit.range.upperBound, "\(limit)")
            #expect(kinds?.last?["type"]?.text == "null")
        }
    }
}

import Host
import TestKit
import Testing

/// What schemathesis makes of `/openapi.json`.
@Suite(.requires(.terraform), .requires(.schemathesis)) struct ConformanceTests {
    private static let clients =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Clients"

    @Test func `the server answers as its description says, whatever it is asked`() async throws {
        try await Slipway.with { slipway in
            let first = try await ServedSlipway(slipway, workers: 1)
            let code = #"resource \"terraform_data\" \"a\" { input = 1 }"#
            let accepted = try await first.json("POST", "/api/deploy", #"{"projectId":"shop","iacCode":"\#(code)"}"#)
            let job = try #require(accepted["jobId"]?.text, "\(accepted)")
            #expect(try await first.end(of: job)["status"]?.text == "completed")
            _ = try await first.json("POST", "/api/users", #"{"name":"anna"}"#)
            _ = try await first.json("POST", "/api/organizations", #"{"name":"acme"}"#)
            _ = try await first.ask("PUT", "/api/credentials/default", body: Array(#"{"variables":{"A":"b"}}"#.utf8))
            let viewer = try await first.json("POST", "/api/tokens", #"{"name":"v","organization":"default","role":"viewer"}"#)
            let viewersToken = try #require(viewer["token"]?.text)
            try await first.stop()

            // Nobody runs what schemathesis deploys, and the wrong tokens that it tries on every route are no attack.
            var patient = slipway
            patient.environment["SLIPWAY_STRANGER_RATE"] = "10000"
            let second = try await ServedSlipway(patient, workers: 0, token: first.token)
            let names = #"""
                {"project": ["shop", "shop", "other"], "job": ["\#(job)"], "organization": ["acme"], "user": ["anna", "bob"],
                 "version": ["1", "2"], "token": ["99", "3"], "name": ["default"], "queue": ["deploy"], "key": ["slipway"]}
                """#
            let cases = try await Self.conform(second, token: second.token, names, examples: 4)
            #expect(cases >= 1000)
            _ = try await Self.conform(second, token: viewersToken, names, examples: 3)

            #expect(try await second.json("GET", "/api/me")["isAdministrator"]?.bool == true)
            #expect(!second.process.errors.contains(" error "), "\(second.process.errors)")
            try await second.stop()
        }
    }

    /// Runs schemathesis, and gives the number of its cases.
    private static func conform(_ served: ServedSlipway, token: String, _ names: String, examples: Int) async throws -> Int {
        let words = [
            "--config-file", "\(clients)/schemathesis.toml", "run", "\(served.url)/openapi.json", "--header",
            "Authorization: Bearer \(token)",
            "--phases", "coverage,fuzzing", "--max-examples", String(examples), "--workers", "1", "--request-timeout", "60", "--seed", "4",
            "--continue-on-failure", "--generation-database", "none", "--warnings", "off", "--no-color",
        ]
        let program = try #require(RequiredTool.schemathesis.path)
        let environment = [
            "PYTHONPATH": clients, "PYTHONDONTWRITEBYTECODE": "1", "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "SLIPWAY_TEST_NAMES": names,
        ]
        let finished = try await served.run(program, words, environment: environment, timeout: .seconds(600))
        if finished.status.end != .code(0) {
            print("\(finished.text.suffix(20_000))\n\(finished.errorText.suffix(2000))")
            Issue.record("\(finished.status.end): \(reasons(in: finished.text))")
        }
        let generated = finished.text.split(separator: "\n").last { $0.contains(" generated, ") }
        return generated.flatMap { Int($0.split(separator: " ").first ?? "") } ?? 0
    }

    /// What schemathesis holds against the server, in one line.
    private static func reasons(in text: String) -> String {
        let heads = ["= FAILURES =", "= ERRORS ="]
        let lines = text.split(separator: "\n").drop { line in !heads.contains { line.contains($0) } }
        let words = lines.prefix { !$0.contains("= SUMMARY =") }.joined(separator: " ").split { " =_".contains($0) }
        return String(words.joined(separator: " ").prefix(1500))
    }
}

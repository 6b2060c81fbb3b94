import Domain
import Events
import FoundationEssentials
import Jobs
import StateVault
import Storage
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct BadInputTests {
    /// The diagnostic that a failed deploy shows, once it is known to have failed for good and to have left nothing half done.
    private func diagnostic(of main: String, inputs: RunInputs = RunInputs()) async throws -> (DiagnosticReport, message: String) {
        var result: (DiagnosticReport, String)?
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, main, inputs: inputs, endsAs: .failed)
            let record = try await shop.record(job)
            let attempts = try await shop.attempts(job)
            #expect(record.attempt == 1, "\(attempts)")
            let deployment = try await shop.deployment()
            #expect(deployment.status == .failed && deployment.stage == "failed")
            #expect(deployment.errorMessage == record.errorMessage)
            #expect(try await shop.addresses() == [])
            let found = try await shop.events(job).compactMap { event -> DiagnosticReport? in
                if case .diagnostic(let report) = event, report.severity == .error { report } else { nil }
            }
            result = (try #require(found.first), try #require(record.errorMessage))
        }
        return try #require(result)
    }

    @Test func `a missing variable is named, with its file and line`() async throws {
        let (report, message) = try await diagnostic(of: "\nvariable \"region\" { type = string }\noutput \"r\" { value = var.region }")
        #expect(report.file == "main.tf" && report.line == 2)
        #expect(message.contains("region") && message.contains("main.tf") && message.contains("2"), "\(message)")
        #expect(message.contains("--var"), "\(message)")
    }

    @Test func `a syntax error is named with its file and line`() async throws {
        let (report, message) = try await diagnostic(of: "resource \"terraform_data\" \"x\" {\n  input = \n}\n")
        #expect(report.file == "main.tf" && report.line == 2)
        #expect(message.contains("main.tf") && message.contains("2"), "\(message)")
    }

    @Test func `a reference to nothing is named`() async throws {
        let (report, message) = try await diagnostic(of: "output \"x\" { value = terraform_data.nobody.id }")
        #expect(report.file == "main.tf" && message.contains("nobody"), "\(message)")
    }

    @Test func `a value that its variable's validation refuses is said in the configuration's own words`() async throws {
        let main = """
            variable "size" {
              type = number
              validation {
                condition     = var.size < 10
                error_message = "Choose a size below ten."
              }
            }
            """
        let (_, message) = try await diagnostic(of: main, inputs: RunInputs(variables: ["size": "12"]))
        #expect(message.contains("Choose a size below ten."), "\(message)")
    }

    @Test func `a variable that isn't declared is refused before anything is stored`() async throws {
        try await Workshop.with(worker: false) { shop in
            let error = await #expect(throws: ProvisioningError.self) {
                try await shop.submit(.deploy, "variable \"region\" {}", inputs: RunInputs(variables: ["regoin": "x"]))
            }
            #expect(error?.reason == .invalid && error?.description.contains("regoin") == true)
            let stored = try await shop.count("terraform_deployments")
            #expect(stored == 0)
        }
    }

    @Test(arguments: ["", ".hidden", "-dash", "a b", "a/b", "ä", String(repeating: "x", count: 101)])
    func `a name that is none is refused`(name: String) async throws {
        #expect(throws: ProvisioningError.self) {
            try RunRequest(project: name, options: RunOptions(action: .deploy), requestedBy: "anna").validated()
        }
        #expect(throws: ProvisioningError.self) {
            try RunRequest(organization: name, project: "shop", options: RunOptions(action: .deploy), requestedBy: "anna").validated()
        }
    }

    @Test func `a timeout of nothing or of a month is refused`() throws {
        for timeout in [Duration.zero, .milliseconds(999), .seconds(30 * 86_400)] {
            #expect(throws: ProvisioningError.self) {
                try RunRequest(project: "shop", options: RunOptions(action: .deploy), timeout: timeout, requestedBy: "anna").validated()
            }
        }
    }

    @Test func `an override file that fights ours ends the job with one sentence`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submission.submit(
                RunRequest(
                    project: "shop",
                    options: RunOptions(action: .deploy),
                    source: try SourceFiles(files: [
                        "main.tf": Array("resource \"terraform_data\" \"x\" {}".utf8),
                        "zzz_override.tf": Array("terraform {\n backend \"s3\" {}\n}".utf8),
                    ]),
                    requestedBy: "anna"
                )
            )
            try await shop.wait(for: job, toBe: .failed)
            let message = try #require(try await shop.record(job).errorMessage)
            #expect(message.contains("zzz_override.tf") && !message.contains("\n"))
            #expect(try await shop.record(job).attempt == 1)
            #expect(try await shop.deployment().status == .failed)
        }
    }
}

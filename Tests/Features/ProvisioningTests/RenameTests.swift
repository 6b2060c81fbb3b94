import Access
import Audit
import Domain
import Events
import FoundationEssentials
import Jobs
import Storage
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct `A renamed organization` {
    private static let main = """
        variable "word" {
          type      = string
          sensitive = true
        }
        resource "terraform_data" "one" {
          input = "x"
          provisioner "local-exec" { command = "echo has $${#EXAMPLE_TOKEN}" }
        }
        output "hidden" {
          value     = "hidden-${var.word}"
          sensitive = true
        }
        """

    @Test(arguments: TestDatabase.allCases)
    func `still opens all that was sealed before, and seals more`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            let author = Author("anna@laptop")
            let values = ["EXAMPLE_TOKEN": "tok-12345"]
            try await shop.credentials.add(name: "c", provider: "x", values: values, organization: "default", by: author, now: Date())
            try await shop.run(.deploy, Self.main, inputs: RunInputs(variables: ["word": "first-word"]))
            let store = AccessStore(database: shop.database)
            let organization = try #require(await store.organization(named: "default"))
            try await store.renameOrganization(organization.id, to: "acme", by: author)

            func hidden() async throws -> String? {
                try await shop.outputs.read(project: "shop", organization: "acme", revealing: true)["hidden"]?.value
            }
            #expect(try await hidden() == #""hidden-first-word""#)
            // The source, the variables and the credential of before.
            let again = try await shop.submit(.deploy, organization: "acme", credentials: ["c"])
            try await shop.wait(for: again, toBe: .completed)
            #expect(try await hidden() == #""hidden-first-word""#)
            // And new ones; the new source runs the command, with the credential.
            let changed = Self.main.replacing(#"input = "x""#, with: "triggers_replace = 2")
            let inputs = RunInputs(variables: ["word": "second-word"])
            let job = try await shop.submit(.deploy, changed, organization: "acme", inputs: inputs, credentials: ["c"])
            try await shop.wait(for: job, toBe: .completed)
            #expect(try await shop.log(job).contains("has 9"))
            #expect(try await hidden() == #""hidden-second-word""#)

            // Under the old name there is nothing, and nobody else can take it.
            let taken = await #expect(throws: ProvisioningError.self) { try await shop.submit(.deploy, Self.main, organization: "default") }
            #expect(taken?.reason == .conflict && taken?.description.contains("renamed to 'acme'") == true)
            #expect(try await store.organizations().count == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `is found in the transaction that queues a run, which can refuse it`(kind: TestDatabase) async throws {
        try await Workshop.with(kind, worker: false) { shop in
            struct Refused: Error {}
            let request = RunRequest(
                project: "shop",
                options: RunOptions(action: .deploy),
                source: try SourceFiles(files: ["main.tf": Array(Self.main.utf8)]),
                inputs: RunInputs(variables: ["word": "w"]),
                requestedBy: "anna"
            )
            await #expect(throws: Refused.self) { try await shop.submission.submit(request) { _, _ in throw Refused() } }
            #expect(try await AccessStore(database: shop.database).organizations().isEmpty)
            let job = try await shop.submission.submit(request) { submitted, transaction in
                try AuditLog().append(
                    "deployment.deploy",
                    of: "job:\(submitted.job)",
                    by: Author("user:anna", from: "192.0.2.1"),
                    organization: submitted.organization,
                    at: Date(),
                    in: transaction
                )
            }
            let lines = try await shop.database.read { try AuditLog().entries(in: $0) }
            #expect(lines.map(\.subject) == ["job:\(job)"])
        }
    }
}

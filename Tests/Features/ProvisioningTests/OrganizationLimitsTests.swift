import Access
import Audit
import Domain
import Jobs
import Storage
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct `The limits of an organization's runs` {
    private static let author = Author("test")

    /// Takes 300 MB for as long as it takes to see it, and is done.
    private static let hungry = """
        resource "terraform_data" "hungry" {
          provisioner "local-exec" {
            command = "exec python3 -c 'import time; b = bytearray([120]) * (300 << 20); time.sleep(3)'"
          }
        }
        """

    private func organization(_ name: String, _ workshop: Workshop) async throws -> OrganizationID {
        try await AccessStore(database: workshop.database).createOrganization(named: name, by: Self.author).id
    }

    @Test(arguments: TestDatabase.allCases)
    func `each of its own comes before the one that is configured for all, and a run that has begun keeps what it has`(
        kind: TestDatabase
    ) async throws {
        try await Workshop.with(kind, worker: false) { workshop in
            let (acme, other) = (try await organization("acme", workshop), try await organization("other", workshop))
            let access = AccessStore(database: workshop.database)
            func limits(_ id: OrganizationID) async throws -> RunLimits {
                let found = try await workshop.services.openSurroundings(for: id)
                found.network.close()
                return found.limits
            }
            #expect(try await limits(acme) == RunLimits())
            let before = try await limits(acme)
            let own: [RunLimit: Double?] = [.memory: 256 * 1_048_576, .files: 500, .processors: 0.5, .log: 8 * 1_048_576]
            try await access.setLimits(own, of: acme, by: Self.author)
            let after = try await limits(acme)
            #expect(after.memory == 256 << 20 && after.openFiles == 500 && after.processors == 0.5 && after.log == 8 << 20)
            #expect(after.processes == RunLimits().processes && after.disk == RunLimits().disk)
            #expect(after.own == [.memory, .files, .processors, .log] && before.own.isEmpty)
            #expect(after.sentence.contains("memory 256 MiB") && after.sentence.contains("0.5 processors"))
            #expect(after.sentence.hasSuffix("; the organization's own: memory, files, log, processors"), "\(after.sentence)")
            #expect(try await limits(other) == RunLimits())
            // Beyond what Slipway itself lets in: whoever writes to the database by hand ends no worker.
            try await workshop.database.write { transaction in
                try transaction.execute(
                    """
                    UPDATE organizations SET run_memory = 1, run_log = 9223372036854775807, run_processors = 1e300
                    WHERE id = \(acme)
                    """
                )
            }
            let strange = try await limits(acme)
            #expect(strange.memory == 64 << 20 && strange.log == 1 << 49 && strange.processors == 8192)
            try await access.resetLimits(of: acme, by: Self.author)
            #expect(try await limits(acme) == RunLimits())
        }
    }

    @Test(.requires(.python))
    func `a run beyond its organization's limit is ended and told what raises it, another organization's passes`() async throws {
        try await Workshop.with { workshop in
            let acme = try await organization("acme", workshop)
            _ = try await organization("other", workshop)
            try await AccessStore(database: workshop.database).setLimits([.memory: 200 * 1_048_576], of: acme, by: Self.author)
            let ended = try await workshop.submit(.deploy, Self.hungry, organization: "acme")
            let passes = try await workshop.submit(.deploy, Self.hungry, organization: "other")
            try await workshop.wait(for: ended, toBe: .failed)
            try await workshop.wait(for: passes, toBe: .completed)
            let attempt = try #require(try await workshop.attempts(ended).last)
            let message = attempt.errorMessage ?? ""
            #expect(message.contains("200 MiB") && message.contains("`slipway org limits NAME --memory`"), "\(message)")
            #expect(!message.contains("SLIPWAY_RUN_"), "\(message)")
            #expect(try await workshop.log(ended).contains("Limits: memory 200 MiB"))
            #expect(try await workshop.log(passes).contains("Limits: memory 4096 MiB"))
        }
    }

    @Test func `a validation beyond its organization's limit is ended and told what raises it`() async throws {
        // Takes 200 MB to read, in an `init` that the broken lock file makes necessary and ends.
        let main = "locals {\n  a = [\n" + (0..<100_000).map { "    \"\($0)-abcdefghij\",\n" }.joined() + "  ]\n}\n"
        let files = [
            "main.tf": Array(main.utf8), ".terraform.lock.hcl": Array("provider \"registry.terraform.io/hashicorp/none\" {\n}\n".utf8),
        ]
        try await Workshop.with(worker: false) { workshop in
            let acme = try await organization("acme", workshop)
            _ = try await organization("other", workshop)
            try await AccessStore(database: workshop.database).setLimits([.memory: 64 * 1_048_576], of: acme, by: Self.author)
            let validation = SourceValidation(services: workshop.services, slots: SpareSlots(count: 1))
            func summaries(_ name: String) async throws -> [String] {
                let request = RunRequest(
                    organization: name,
                    project: "shop",
                    options: RunOptions(action: .deploy),
                    source: try SourceFiles(files: files),
                    requestedBy: "test"
                )
                _ = try await workshop.submission.submit(request)
                let deployment = try await workshop.database.read {
                    try DeploymentStore().require(project: "shop", organization: name, in: $0)
                }
                return try await validation.validate(deployment, for: name).diagnostics.map(\.summary)
            }
            let ended = try await summaries("acme")
            #expect(ended.count == 1 && ended[0].contains("64 MiB") && ended[0].contains("`slipway org limits NAME --memory`"), "\(ended)")
            let passes = try await summaries("other")
            #expect(passes.contains { $0.contains("dependency lock file") }, "\(passes)")
        }
    }

    @Test func `a limit that is configured for all is raised by its setting`() {
        let exit = RunExit(end: .killed(.exceeded(RunLimits.Excess(.memory, limit: 200 << 20, peak: 300 << 20))))
        var own = OwnLimits()
        own[.disk] = 1_073_741_824
        #expect(exit.attributed(to: RunLimits().replaced(by: own)).sentence.hasSuffix("or raise SLIPWAY_RUN_MEMORY"))
        own[.memory] = 200 * 1_048_576
        #expect(
            exit.attributed(to: RunLimits().replaced(by: own)).sentence
                .hasSuffix("or raise the organization's limit with `slipway org limits NAME --memory`")
        )
        #expect(RunExit(end: .succeeded).attributed(to: RunLimits().replaced(by: own)) == RunExit(end: .succeeded))
    }
}

import Domain
import Events
import FoundationEssentials
import Jobs
import Storage
import TestKit
import Testing

@testable import Provisioning

/// What channels hear of runs.
@Suite(.requires(.terraform)) struct AnnouncementTests {
    private func broadcasts(_ workshop: Workshop, _ channel: BroadcastChannel) async throws -> [Broadcast] {
        try await workshop.database.read { try BroadcastStore().broadcasts(of: channel.name, after: 0, limit: 10_000, in: $0) }
    }

    private struct Progress: Decodable {
        var deployment_id: Int64
        var status: String
        var stage: String
        var progress: Int
        var message: String
        var metadata: [String: Int]
        var timestamp: String
    }

    private struct Completed: Decodable {
        struct Output: Decodable {
            var sensitive: Bool
            var type: String
            var value: String?
        }
        var deployment_id: Int64
        var status: String
        var outputs: [String: Output]
        var duration_seconds: Int
        var timestamp: String
    }

    private struct Failed: Decodable {
        var deployment_id: Int64
        var status: String
        var error: String
        var attempt: Int
        var timestamp: String
    }

    private func decoded<Payload: Decodable>(_ broadcasts: [Broadcast], _ name: String, as type: Payload.Type) throws -> [Payload] {
        try broadcasts.filter { $0.name == name }.map { try JSONDecoder().decode(type, from: Data($0.data.utf8)) }
    }

    private static let main = """
        resource "terraform_data" "a" { count = 3 }
        output "greeting" { value = "hello" }
        output "job" { value = "a name of ours" }
        output "password" {
          value     = "geheimnis"
          sensitive = true
        }
        """

    @Test(arguments: TestDatabase.allCases)
    func `a deploy tells its organization in the words of requirement 000`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { workshop in
            try await workshop.run(.deploy, Self.main)
            let deployment = try await workshop.deployment()
            let all = try await broadcasts(workshop, .organization(deployment.organization, .terraform))
            #expect(all.map(\.position) == Array(1...Int64(all.count)))
            #expect(!all.contains { $0.data.contains("geheimnis") })

            let progress = try decoded(all, "TerraformProvisioningProgress", as: Progress.self)
            #expect(progress.allSatisfy { $0.deployment_id == deployment.id.rawValue })
            #expect(progress.map(\.progress) == progress.map(\.progress).sorted())
            #expect(progress.first?.status == "initializing")
            #expect(progress.last.map { [$0.status, "\($0.progress)", $0.stage] } == ["completed", "100", "completed"])
            #expect(progress.contains { $0.status == "planning" && $0.metadata == ["add": 3, "change": 0, "destroy": 0] })
            #expect(progress.contains { $0.status == "applying" && $0.metadata == ["created": 3, "remaining": 0] })

            let completed = try decoded(all, "TerraformProvisioningCompleted", as: Completed.self)
            #expect(completed.map(\.status) == ["completed"])
            #expect(completed.first?.outputs["greeting"]?.value == "hello")
            #expect(completed.first?.outputs["password"]?.sensitive == true)
            #expect(completed.first?.outputs["password"]?.value == nil)
            #expect(all.last?.name == "TerraformProvisioningCompleted")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a deployment's channel has every event of its jobs`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { workshop in
            var jobs = [try await workshop.run(.deploy, Self.main)]
            jobs.append(try await workshop.run(.destroy))
            let deployment = try await workshop.deployment()
            let all = try await broadcasts(workshop, .deployment(deployment.id))
            struct Head: Decodable {
                var job: String
                var ordinal: Int64
            }
            let heads = try all.filter { $0.name != "execution_log" }
                .map { ($0.name, try JSONDecoder().decode(Head.self, from: Data($0.data.utf8))) }
            for job in jobs {
                let stored = try await workshop.storedEvents(job)
                let told = heads.filter { $0.1.job == job.rawValue }
                #expect(told.map(\.1.ordinal) == stored.map(\.ordinal))
                #expect(told.map(\.0) == stored.map(\.name))
                struct Text: Decodable {
                    var job: String
                    var text: String
                }
                let texts = try all.filter { $0.name == "execution_log" }.map {
                    try JSONDecoder().decode(Text.self, from: Data($0.data.utf8))
                }
                #expect(try await texts.filter { $0.job == job.rawValue }.map(\.text).joined() == workshop.log(job))
            }
        }
    }

    @Test func `a failure is told once it is final`() async throws {
        try await Workshop.with(.sqlite) { workshop in
            try await workshop.run(.deploy, "resource \"terraform_data\" \"a\" { input = nothing.at.all }", endsAs: .failed)
            let deployment = try await workshop.deployment()
            let all = try await broadcasts(workshop, .organization(deployment.organization, .terraform))
            let failed = try decoded(all, "TerraformProvisioningFailed", as: Failed.self)
            #expect(failed.map { [$0.status, "\($0.attempt)"] } == [["failed", "1"]])
            #expect(failed.first?.error == deployment.errorMessage)
            #expect(all.last?.name == "TerraformProvisioningFailed")
        }
    }

    @Test func `every stage has a status`() {
        for stage in JobStage.allCases { #expect(!RunAnnouncer.status(in: stage).rawValue.isEmpty) }
    }
}

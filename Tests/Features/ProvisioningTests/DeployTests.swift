import Domain
import Events
import FoundationEssentials
import Jobs
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct DeployTests {
    @Test(arguments: TestDatabase.allCases)
    func `a deploy goes through its statuses, stages and progress in order`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            let job = try await shop.run(.deploy, Stacks.plain())
            let stages = try await shop.events(job).compactMap { event -> StageReport? in
                if case .stage(let report) = event { report } else { nil }
            }
            #expect(stages.map(\.stage).deduplicated() == [.`init`, .plan, .apply, .verify])
            #expect(stages.map(\.progress) == stages.map(\.progress).sorted())
            #expect(stages.first?.progress == 10)
            let within = stages.filter { $0.stage == .apply }.map(\.progress)
            #expect(within.first == 60 && within.last == 80 && Set(within).count >= 4, "\(within)")
            let names = try await shop.storedEvents(job).map(\.name)
            for name in ["environment", "planned", "plan_summary", "resource", "state_saved", "outputs"] {
                #expect(names.contains(name), "no \(name)")
            }
            #expect(names.last == "finished" && names.count { $0 == "finished" } == 1)

            let deployment = try await shop.deployment()
            #expect(deployment.status == .completed && deployment.progress == 100 && deployment.stage == "completed")
            #expect(deployment.lastJob == job && deployment.retryCount == 0 && deployment.errorMessage == nil)
            #expect(deployment.resourceCount == 4)
            #expect(deployment.startedAt.map { $0 <= Date() } == true && deployment.completedAt != nil)
            let record = try await shop.record(job)
            #expect(record.progress == 100 && record.stage == .completed && record.attempt == 1)
            #expect(
                Set(record.tags).isSuperset(of: ["terraform", "deployment:\(deployment.id)", "organization:\(deployment.organization)"])
            )
            #expect(try await shop.outcomes(job) == ["completed"])
        }
    }

    @Test func `the ordinals of a job's events have no gaps, and every resource begins before it ends`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.plain(20))
            let stored = try await shop.storedEvents(job)
            #expect(stored.map(\.ordinal) == Array(1...Int64(stored.count)))
            var open: Set<String> = []
            var done: Set<String> = []
            for case .resource(let report) in stored.compactMap(\.event) {
                switch report.phase {
                case .started: open.insert(report.address)
                case .completed:
                    #expect(open.remove(report.address) != nil)
                    done.insert(report.address)
                default: break
                }
            }
            #expect(open.isEmpty && done.count == 21)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `outputs are typed, and a sensitive one stays sealed`(kind: TestDatabase) async throws {
        let secret = "horse-\(UInt64.random(in: 0...UInt64.max))"
        try await Workshop.with(kind) { shop in
            let job = try await shop.run(.deploy, Stacks.plain(2, secret: secret))
            let hidden = try await shop.outputs.read(project: "shop", organization: "default", revealing: false)
            #expect(
                hidden["names"] == OutputValue(type: #"["tuple",["string","string"]]"#, value: #"["thing-0","thing-1"]"#, sensitive: false)
            )
            #expect(hidden["count"] == OutputValue(type: #""number""#, value: "2", sensitive: false))
            #expect(hidden["ready"] == OutputValue(type: #""bool""#, value: "true", sensitive: false))
            #expect(hidden["nested"]?.value?.contains("2.5") == true)
            #expect(hidden["password"]?.sensitive == true && hidden["password"]?.value == nil)
            let open = try await shop.outputs.read(project: "shop", organization: "default", revealing: true)
            #expect(open["password"]?.value == "\"\(secret)\"")
            #expect(open["count"] == hidden["count"])
            guard case .outputs(let told)? = try await shop.events(job).first(where: { $0.name == .outputs }) else {
                throw TooLate(description: "the outputs")
            }
            #expect(told["password"]?.value == nil && told["count"]?.value == "2")

            // The source holds the secret too, and the state: sealed, all of it.
            #expect(try shop.filesHolding(secret) == [])
            let document = try #require(try await shop.state())
            #expect(document.outputs.contains { $0.value.contains(secret) })
        }
    }

    @Test func `a second deploy keeps what is the same, and reuses its source`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(2))
            try await shop.run(.deploy, Stacks.plain(2))
            #expect(try await shop.count("terraform_sources") == 1)
            #expect(try await shop.count("terraform_runs") == 2)
            let first = try await shop.deployment().stateVersion

            let job = try await shop.run(.deploy, Stacks.plain(4))
            #expect(try await shop.count("terraform_sources") == 2)
            let deployment = try await shop.deployment()
            #expect(deployment.resourceCount == 5 && deployment.stateVersion > first)
            guard case .finished(let report)? = try await shop.events(job).last else { throw TooLate(description: "the end") }
            #expect(report.summary?.add == 2 && report.summary?.destroy == 0 && report.status == .completed)
            let versions = try await shop.services.vault.versions(of: deployment.id).map(\.version)
            #expect(versions.sorted() == Array(1...Int(deployment.stateVersion)))
        }
    }

    @Test func `a deploy without changes completes, and stores no new version`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(1))
            let before = try await shop.deployment().stateVersion
            try await shop.run(.deploy, Stacks.plain(1))
            #expect(try await shop.deployment().stateVersion == before)
            #expect(try await shop.deployment().status == .completed)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `usage moves with every deploy and destroy`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            try await shop.run(.deploy, Stacks.plain(2))
            #expect(try await shop.usage() == (3, 0, 1))
            try await shop.run(.deploy, Stacks.plain(1), project: "other")
            #expect(try await shop.usage() == (5, 0, 2))
            try await shop.run(.deploy, Stacks.plain(1))
            #expect(try await shop.usage() == (4, 0, 3))
            try await shop.run(.destroy)
            #expect(try await shop.usage() == (2, 0, 4))
            #expect(try await shop.deployment().status == .destroyed)
            #expect(try await shop.addresses() == [])
            #expect(try await shop.outputs.read(project: "shop", organization: "default", revealing: true).isEmpty)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `usage is right again after a run, whatever was rebuilt or imported before it`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            try await shop.run(.deploy, Stacks.plain(2))
            try await shop.database.write { try $0.execute("UPDATE organization_usage SET resources = 0") }
            try await shop.run(.destroy)
            #expect(try await shop.usage() == (0, 0, 2))
        }
    }

    @Test func `what a failed deploy left counts as used`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.failing(), endsAs: .failed)
            #expect(try await shop.usage() == (2, 0, 1))
            #expect(try await shop.deployment().resourceCount == 2)
        }
    }

    @Test(arguments: [JobStatus.completed, .failed, .cancelled])
    func `inputs are wiped when the job is over`(end: JobStatus) async throws {
        try await Workshop.with { shop in
            let inputs = RunInputs(environment: ["EXAMPLE_TOKEN": "abcdef-123456"])
            let job: JobID
            switch end {
            case .completed: job = try await shop.run(.deploy, Stacks.plain(1), inputs: inputs)
            case .failed: job = try await shop.run(.deploy, Stacks.failing(), inputs: inputs, endsAs: .failed)
            default:
                job = try await shop.submit(.deploy, Stacks.slow, inputs: inputs)
                try await shop.wait(for: job, toSay: "slow begins")
                #expect(try await shop.run(of: job).sealedInputs != nil)
                _ = try await shop.decisions.cancel(job, force: false, by: "anna")
                try await shop.wait(for: job, toBe: .cancelled)
            }
            #expect(try await shop.run(of: job).sealedInputs == nil)
            #expect(try await shop.run(of: job).sealedPlan == nil)
        }
    }

    @Test func `a project that was never deployed can't be run again`() async throws {
        try await Workshop.with(worker: false) { shop in
            await #expect(throws: ProvisioningError.self) { try await shop.submit(.deploy, nil, project: "nothing") }
            let stored = (try await shop.count("terraform_deployments"), try await shop.count("jobs"))
            #expect(stored == (0, 0))
        }
    }
}

extension Array where Element: Equatable {
    /// Without repetitions of the one before.
    func deduplicated() -> [Element] { reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
}

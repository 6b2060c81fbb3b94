import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Log
import Sealing
import StateVault
import Storage
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct RetryTests {
    private static let main = """
        variable "name" { type = string }
        resource "terraform_data" "x" { input = "${var.name} ${var.file}" }
        variable "file" { type = string }
        output "name" { value = terraform_data.x.output }
        """
    private static let inputs = RunInputs(
        variables: ["name": "n1"],
        variableFiles: [.init(name: "a.tfvars", content: Array("file = \"f1\"".utf8))],
        environment: ["EXAMPLE": "e1-secret"]
    )

    @Test func `a retry keeps variables and environment, and counts as one run`() async throws {
        try await Workshop.with(change: { $0.workspaceFolder = "blocked/runs" }) { shop in
            // No workspace can be made where a file is in the way: the machine's fault, not the input's.
            try FileSystem.write([], to: "\(shop.folder)/blocked")
            let job = try await shop.submit(.deploy, Self.main, inputs: Self.inputs)
            try await eventually("a failed attempt") { try await shop.attempts(job).contains { $0.outcome == .failed } }
            #expect(try await shop.run(of: job).sealedInputs != nil)
            try FileSystem.removeFile("\(shop.folder)/blocked")
            try await shop.wait(for: job, toBe: .completed)
            let record = try await shop.record(job)
            #expect(record.attempt >= 2)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .completed && deployment.retryCount == record.attempt - 1 && deployment.errorMessage == nil)
            #expect(try await shop.outputs.read(project: "shop", organization: "default", revealing: false)["name"]?.value == "\"n1 f1\"")
            #expect(try await shop.usage() == (1, 0, 1))
            #expect(try await shop.run(of: job).sealedInputs == nil)
            let finishes = try await shop.events(job).compactMap { if case .finished(let report) = $0 { report.status } else { nil } }
            #expect(finishes.first == .retrying && finishes.last == .completed)
        }
    }

    @Test func `when every attempt fails the job has failed, and the deployment says so`() async throws {
        try await Workshop.with(change: { $0.workspaceFolder = "blocked/runs" }) { shop in
            try FileSystem.write([], to: "\(shop.folder)/blocked")
            let job = try await shop.submit(.deploy, Self.main, inputs: Self.inputs)
            try await shop.wait(for: job, toBe: .failed)
            #expect(try await shop.record(job).attempt == 3)
            let attempts = try await shop.attempts(job)
            #expect(attempts.map(\.outcome) == [.failed, .failed, .failed])
            #expect(attempts.map(\.fence.rawValue) == attempts.map(\.fence.rawValue).sorted())
            #expect(try await shop.deployment().status == .failed)
            #expect(try await shop.deployment().retryCount == 2)
            #expect(try await shop.run(of: job).sealedInputs == nil)
            try FileSystem.removeFile("\(shop.folder)/blocked")
        }
    }

    @Test func `a deploy without a source runs what was deployed last, with its variables`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Self.main, inputs: Self.inputs)
            let job = try await shop.run(.deploy)
            #expect(try await shop.outputs.read(project: "shop", organization: "default", revealing: false)["name"]?.value == "\"n1 f1\"")
            #expect(try await shop.record(job).attempt == 1)
            try await shop.run(.destroy)
            #expect(try await shop.addresses() == [])
        }
    }

    @Test func `a failure that the network is to blame for is tried again`() async throws {
        let main = """
            resource "terraform_data" "x" {
              provisioner "local-exec" { command = "echo begin; exit 1" }
              lifecycle {
                precondition {
                  condition     = var.up
                  error_message = "Post http://10.0.0.1/: dial tcp 10.0.0.1:80: connect: connection refused"
                }
              }
            }
            variable "up" { default = false }
            """
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, main)
            try await shop.wait(for: job, toBe: .failed)
            let record = try await shop.record(job)
            #expect(record.attempt == 3, "\(record.errorMessage ?? "")")
        }
    }
}

@Suite(.requires(.terraform)) struct ConcurrencyTests {
    private static let main = """
        resource "terraform_data" "x" {
          triggers_replace = plantimestamp()
          provisioner "local-exec" { command = "sleep 0.3" }
        }
        """

    @Test(arguments: TestDatabase.allCases)
    func `two jobs of one deployment never run at once, and those of others do`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            var jobs: [JobID] = []
            for _ in 0..<3 {
                jobs.append(try await shop.submit(.deploy, Self.main, project: "one"))
                jobs.append(try await shop.submit(.deploy, Self.main, project: "two"))
            }
            var attempts: [String: [JobAttempt]] = [:]
            for (index, job) in jobs.enumerated() {
                try await shop.wait(for: job, toBe: .completed)
                attempts[index.isMultiple(of: 2) ? "one" : "two", default: []] += try await shop.attempts(job)
            }
            for (project, list) in attempts {
                let sorted = list.sorted { $0.fence.rawValue < $1.fence.rawValue }
                #expect(sorted.map(\.outcome) == [.completed, .completed, .completed], "\(sorted)")
                for (earlier, later) in zip(sorted, sorted.dropFirst()) {
                    #expect(try #require(earlier.endedAt) <= later.startedAt, "\(project)")
                }
            }
            let (one, two) = (attempts["one"] ?? [], attempts["two"] ?? [])
            let overlap = one.contains { first in
                two.contains { first.startedAt < ($0.endedAt ?? .distantFuture) && $0.startedAt < (first.endedAt ?? .distantFuture) }
            }
            #expect(overlap)
            let versions = try await shop.services.vault.versions(of: try await shop.deployment("one").id).map(\.version).sorted()
            #expect(versions == Array(1...versions.count))
        }
    }
}

@Suite(.requires(.terraform)) struct OddEndTests {
    /// Whatever is damaged: the job ends, and the deployment isn't left busy.
    private func endsOrderly(
        _ kind: TestDatabase = .sqlite,
        damage: @escaping @Sendable (Workshop, JobID) async throws -> Void
    ) async throws {
        try await Workshop.with(kind, worker: false) { shop in
            try await shop.withWorker { try await shop.run(.deploy, Stacks.plain(1)) }
            let job = try await shop.submit(.deploy, Stacks.plain(2))
            try await damage(shop, job)
            try await shop.withWorker { try await shop.wait(for: job, toBe: .failed) }
            let deployment = try await shop.deployment()
            #expect(deployment.status == .failed && deployment.errorMessage?.isEmpty == false)
            let record = try await shop.record(job)
            #expect(record.errorMessage?.isEmpty == false)
            guard case .finished(let report)? = try await shop.events(job).last else { throw TooLate(description: "the end") }
            #expect(report.status == .failed)
            #expect(try await shop.run(of: job).sealedInputs == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a payload that can't be read ends the job`(kind: TestDatabase) async throws {
        try await endsOrderly(kind) { shop, job in
            try await shop.database.write { _ = try $0.execute("UPDATE jobs SET payload = '{}' WHERE id = \(job)") }
        }
    }

    @Test func `inputs that can't be unsealed end the job`() async throws {
        try await endsOrderly { shop, job in
            try await shop.database.write {
                _ = try $0.execute("UPDATE terraform_runs SET sealed_inputs = \([1, 2, 3] as [UInt8]) WHERE job_id = \(job)")
            }
        }
    }

    @Test func `a source that can't be unsealed ends the job`() async throws {
        try await endsOrderly { shop, _ in
            try await shop.database.write { _ = try $0.execute("UPDATE terraform_sources SET sealed_files = \([1, 2, 3] as [UInt8])") }
        }
    }

    @Test func `a state that can't be unsealed ends the job, and is not overwritten`() async throws {
        try await endsOrderly { shop, _ in
            try await shop.database.write { _ = try $0.execute("UPDATE terraform_state_versions SET state_file = \([1, 2, 3] as [UInt8])") }
        }
    }

    @Test(arguments: [JobStatus.retrying, .failed, .cancelled])
    func `a lost worker leaves no deployment busy`(status: JobStatus) async throws {
        try await Workshop.with(worker: false) { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1))
            let record = try await shop.record(job)
            try await shop.database.write { transaction in
                let id = try DeploymentStore().require(project: "shop", organization: "default", in: transaction).id
                try DeploymentStore().begin(id, job: job, source: nil, retryCount: 0, now: Date(), in: transaction)
                try ProvisioningHandler(.deploy, services: shop.services).lost(record, becomes: status, in: transaction)
            }
            let deployment = try await shop.deployment()
            #expect(deployment.status == (status == .retrying ? .pending : status == .failed ? .failed : .cancelled))
            #expect((deployment.completedAt != nil) == status.isFinal)
            #expect((try await shop.run(of: job).sealedInputs == nil) == status.isFinal)
            #expect(try await shop.events(job).count { $0.name == .finished } == (status.isFinal ? 1 : 0))
        }
    }

    @Test func `an error that nobody foresaw ends the deployment too`() async throws {
        struct Surprise: Error {}
        /// Fails as a run does into which a surprise comes.
        struct Surprised: JobHandler {
            let services: ProvisioningServices
            var kind: String { "deploy" }

            func run(_ context: JobContext) async throws -> JobEnd {
                let order = try await RunOrder.read(context, services)
                let recorder = RunRecorder(context: context, deployment: order.deployment.id, lastOrdinal: 0, clock: services.now)
                let attempt = RunAttempt(
                    context: context,
                    services: services,
                    order: order,
                    recorder: recorder,
                    tracker: RunTracker(),
                    began: services.now()
                )
                try await recorder.enter(.applying, stage: .apply, progress: 60, message: "at work")
                try await recorder.flush()
                throw await attempt.failure(from: Surprise())
            }
        }
        try await Workshop.with(worker: false) { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1))
            let worker = try Worker(database: shop.database, handlers: [Surprised(services: shop.services)], only: job, logger: .none)
            try await worker.run()
            #expect(try await shop.record(job).status == .failed)
            #expect(try await shop.deployment().status == .failed)
            #expect(try await shop.run(of: job).sealedInputs == nil)
        }
    }
}

@Suite(.requires(.terraform)) struct LeftoverTests {
    /// A workspace as a killed worker leaves it: nobody holds its lock.
    private func leave(_ shop: Workshop, job: JobID, fence: Int64, state: String) async throws {
        let id = try await shop.deployment().id
        let workspace = try Workspace.make(
            in: shop.services.workspaces,
            source: SourceFiles(files: ["main.tf": Array(Stacks.plain(1).utf8)]),
            state: Array(state.utf8),
            metadata: LeftoverFacts(job: job, deployment: id, fence: Fence(rawValue: fence), project: "shop").metadata
        )
        let copy = "\(shop.services.workspaces.path)/\(UUID().uuidString.lowercased())"
        // With the owners, who are not one and the same where root runs this.
        #expect(try await ChildProcess.run(.init("/bin/cp", ["-a", workspace.path, copy])).status.isSuccess)
        workspace.remove()
    }

    private func state(of shop: Workshop) async throws -> (text: String, version: StateVersion) {
        let loaded = try #require(try await shop.services.vault.load(try await shop.deployment().id))
        return (String(decoding: loaded.bytes, as: UTF8.self), loaded.version)
    }

    /// The state with a higher serial, as if Terraform had written it once more.
    private func next(_ text: String, serial: Int64) -> String {
        text.replacing("\"serial\": \(serial)", with: "\"serial\": \(serial + 1)")
    }

    @Test func `a leftover of a job that has ended is sealed, then removed`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.plain(1))
            let (text, version) = try await state(of: shop)
            try await leave(shop, job: job, fence: version.fence.rawValue, state: next(text, serial: version.serial))
            await LeftoverRescue(services: shop.services).run()
            #expect(try shop.workspaces == [])
            let now = try await state(of: shop)
            #expect(now.version.serial == version.serial + 1 && now.version.version == version.version + 1)
            #expect(try shop.filesHolding("\"lineage\"") == [])
        }
    }

    @Test func `a leftover that someone has written after is kept sealed for a person`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.plain(1))
            let (text, version) = try await state(of: shop)
            try await shop.run(.deploy, Stacks.plain(2))
            let newest = try await state(of: shop)
            try await leave(shop, job: job, fence: version.fence.rawValue, state: next(text, serial: version.serial))
            await LeftoverRescue(services: shop.services).run()
            #expect(try shop.workspaces == [])
            #expect(try await state(of: shop).text == newest.text)
            let file = try #require(SetAsideState.files(in: shop.services.rescueFolder).first)
            #expect(SetAsideState.files(in: shop.services.rescueFolder).count == 1)
            #expect(try shop.filesHolding("\"lineage\"") == [])
            // A person opens it, under its own name only.
            let sealed = try [UInt8](Data(contentsOf: URL(filePath: "\(shop.services.rescueFolder)/\(file)")))
            let opened = try #require(try SetAsideState.open(sealed, at: "/somewhere/\(file)", with: shop.keyring))
            #expect(opened == Array(next(text, serial: version.serial).utf8))
            #expect(throws: SealingError.self) { try SetAsideState.open(sealed, at: "other-1.sealed", with: shop.keyring) }
            #expect(try SetAsideState.open(sealed, at: "shop.tfstate", with: shop.keyring) == nil)
        }
    }

    @Test func `a leftover of a job that will be tried again is left to its attempt`() async throws {
        try await Workshop.with(worker: false) { shop in
            try await shop.withWorker { try await shop.run(.deploy, Stacks.plain(1)) }
            let (text, version) = try await state(of: shop)
            let job = try await shop.submit(.deploy, Stacks.plain(2))
            try await leave(shop, job: job, fence: version.fence.rawValue, state: next(text, serial: version.serial))
            await LeftoverRescue(services: shop.services).run()
            #expect(try shop.workspaces.count == 1)
            try await shop.withWorker { try await shop.wait(for: job, toBe: .completed) }
            #expect(try shop.workspaces == [])
            #expect(try await shop.log(job).contains("Adopting the workspace"))
            #expect(try await state(of: shop).version.serial > version.serial + 1)
        }
    }

    @Test func `a leftover of another database's job is nobody's here, and kept sealed`() async throws {
        try await Workshop.with { shop in
            _ = try await shop.run(.deploy, Stacks.plain(1))
            let (text, version) = try await state(of: shop)
            try await leave(shop, job: JobID(rawValue: "deploy-1-strange"), fence: 99, state: next(text, serial: version.serial))
            await LeftoverRescue(services: shop.services).run()
            #expect(try shop.workspaces == [])
            #expect(try await state(of: shop).text == text)
            #expect(try FileSystem.names(in: shop.services.rescueFolder).count == 1)
        }
    }

    @Test func `a torn state is not taken`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.plain(1))
            let (text, version) = try await state(of: shop)
            try await leave(shop, job: job, fence: version.fence.rawValue, state: String(text.prefix(text.count / 2)))
            await LeftoverRescue(services: shop.services).run()
            #expect(try shop.workspaces == [])
            #expect(try await state(of: shop).text == text)
        }
    }
}

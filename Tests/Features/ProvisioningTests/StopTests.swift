import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct StopTests {
    @Test(arguments: TestDatabase.allCases)
    func `a cancel in the middle keeps what is done, and names what is tainted`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            let job = try await shop.submit(.deploy, Stacks.slow)
            try await shop.wait(for: job, toSay: "slow begins")
            let result = try await shop.decisions.cancel(job, force: false, by: "anna")
            guard case .told = result else { throw TooLate(description: "the request") }
            try await shop.wait(for: job, toBe: .cancelled)
            #expect(try await shop.addresses() == ["terraform_data.quick", "terraform_data.slow"])
            #expect(try await shop.state()?.resources.filter(\.isTainted).map(\.address) == ["terraform_data.slow"])
            let deployment = try await shop.deployment()
            #expect(deployment.status == .cancelled && deployment.resourceCount == 2)
            #expect(deployment.message?.contains("terraform_data.slow") == true, "\(deployment.message ?? "")")
            #expect(deployment.message?.contains("terraform_data.quick") == false)
            #expect(try await shop.usage() == (2, 0, 1))
            guard case .finished(let report)? = try await shop.events(job).last else { throw TooLate(description: "the end") }
            #expect(report.status == .cancelled && report.message.contains("terraform_data.slow"))
            #expect(try await shop.outcomes(job) == ["cancelled"])

            // And what was cancelled can be gone on with: what is tainted is replaced.
            let next = try await shop.run(.deploy, Stacks.slow.replacing("sleep 600", with: "true"))
            let planned = try await shop.events(next).compactMap { if case .planned(let change) = $0 { change } else { nil } }
            #expect(planned.contains { $0.address == "terraform_data.slow" && $0.action == .replace && $0.reason == "tainted" })
            #expect(try await shop.addresses().count == 3)
        }
    }

    @Test func `a forced cancel ends at once, and nothing that was reported done is lost`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, Stacks.slow)
            try await shop.wait(for: job, toSay: "slow begins")
            _ = try await shop.decisions.cancel(job, force: true, by: "anna")
            let begin = ContinuousClock.now
            try await eventually("the end", within: .seconds(15)) { try await shop.record(job).status.isFinal }
            #expect(ContinuousClock.now - begin < .seconds(15))
            #expect(try await shop.record(job).status == .cancelled)
            #expect(try await shop.addresses().contains("terraform_data.quick"))
            let deployment = try await shop.deployment()
            #expect(deployment.status == .cancelled)
            #expect(deployment.message?.contains("terraform_data.slow") == true, "\(deployment.message ?? "")")
        }
    }

    @Test func `force may follow a cancel that takes too long`() async throws {
        let deaf = """
            resource "terraform_data" "deaf" {
              provisioner "local-exec" { command = "trap '' INT TERM; echo deaf begins; while :; do sleep 1; done" }
            }
            """
        try await Workshop.with(change: { $0.grace = .seconds(300) }) { shop in
            let job = try await shop.submit(.deploy, deaf)
            try await shop.wait(for: job, toSay: "deaf begins")
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            _ = try await shop.decisions.cancel(job, force: true, by: "anna")
            try await shop.wait(for: job, toBe: .cancelled)
            #expect(try await shop.deployment().status == .cancelled)
        }
    }

    @Test func `Terraform that doesn't stop within the grace is killed, and what it was at is named`() async throws {
        try await Workshop.with(change: { $0.grace = .milliseconds(500) }) { shop in
            let job = try await shop.submit(.deploy, Stacks.slow)
            try await shop.wait(for: job, toSay: "slow begins")
            // Stopped by the kernel, it hears no SIGINT.
            let folder = shop.folder
            let terraforms = ProcessTable.all().filter { pid in
                guard ProcessTable.name(pid) == "terraform" else { return false }
                // In the sandbox only its mounts know the folder's name out here.
                let mounts = String(decoding: (try? FileSystem.read("/proc/\(pid)/mountinfo")) ?? [], as: UTF8.self)
                return mounts.contains(folder) || ProcessTable.environment(pid).contains { $0.contains(folder) }
            }
            #expect(!terraforms.isEmpty)
            for pid in terraforms { ProcessHandle(pid)?.signal(19) }
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            try await shop.wait(for: job, toBe: .cancelled)
            #expect(try await shop.addresses() == ["terraform_data.quick"])
            let message = try #require(try await shop.deployment().message)
            #expect(message.contains("killed") && message.contains("terraform_data.slow was being created"), "\(message)")
        }
    }

    @Test func `a job's time limit ends it, and says which limit`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, Stacks.slow, timeout: .seconds(4))
            try await shop.wait(for: job, toBe: .failed)
            let record = try await shop.record(job)
            #expect(record.errorCode == "timed_out" && record.attempt == 1)
            #expect(record.errorMessage?.contains("4 seconds") == true && record.errorMessage?.contains("--timeout") == true)
            #expect(try await shop.deployment().status == .failed)
        }
    }

    @Test func `a job that hasn't begun is cancelled at once`() async throws {
        try await Workshop.with(worker: false) { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1))
            guard case .ended = try await shop.decisions.cancel(job, force: false, by: "anna") else {
                throw TooLate(description: "the end")
            }
            #expect(try await shop.record(job).status == .cancelled)
            #expect(try await shop.deployment().status == .cancelled)
            #expect(try await shop.run(of: job).sealedInputs == nil)
            guard case .alreadyFinished = try await shop.decisions.cancel(job, force: false, by: "anna") else {
                throw TooLate(description: "the second answer")
            }
            await #expect(throws: ProvisioningError.self) {
                _ = try await shop.decisions.cancel(JobID(rawValue: "deploy-1-nobody"), force: false, by: "anna")
            }
        }
    }

    @Test func `cancelling a second job that waits leaves the first one's deployment alone`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(1))
            let running = try await shop.submit(.deploy, Stacks.slow)
            try await shop.wait(for: running, toSay: "slow begins")
            let waiting = try await shop.submit(.deploy, Stacks.plain(2))
            _ = try await shop.decisions.cancel(waiting, force: false, by: "anna")
            #expect(try await shop.record(waiting).status == .cancelled)
            #expect(try await shop.deployment().status == .applying)
            _ = try await shop.decisions.cancel(running, force: false, by: "anna")
            try await shop.wait(for: running, toBe: .cancelled)
        }
    }

    @Test func `a worker that shuts down hands the job back, and the next one goes on with it`() async throws {
        let main = """
            resource "terraform_data" "quick" { input = "done" }
            resource "terraform_data" "slow" {
              input = terraform_data.quick.output
              provisioner "local-exec" { command = "echo slow begins; exec sleep ${var.seconds}" }
            }
            variable "seconds" { default = 8 }
            """
        try await Workshop.with(worker: false) { shop in
            let job = try await shop.submit(.deploy, main)
            try await shop.withWorker { try await shop.wait(for: job, toSay: "slow begins") }
            let between = try await shop.record(job)
            #expect(between.status == .pending && between.attempt == 0, "\(between.status) \(between.attempt)")
            #expect(try await shop.deployment().status == .pending)
            #expect(try await shop.addresses().contains("terraform_data.quick"))
            #expect(try await shop.run(of: job).sealedInputs != nil)
            try await shop.withWorker { try await shop.wait(for: job, toBe: .completed) }
            #expect(try await shop.outcomes(job) == ["handed_back", "completed"])
            #expect(try await shop.deployment().status == .completed)
            #expect(try await shop.usage() == (2, 0, 1))
        }
    }

    // MARK: - Rolling back

    @Test(arguments: TestDatabase.allCases)
    func `a failed deploy that asked for it is rolled back`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            let job = try await shop.run(.deploy, Stacks.failing(), rollback: true, endsAs: .failed)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .rolledBack && deployment.resourceCount == 0)
            #expect(deployment.errorMessage?.contains("destroyed again") == true, "\(deployment.errorMessage ?? "")")
            #expect(try await shop.addresses() == [])
            #expect(try await shop.usage() == (0, 0, 1))
            let stages = try await shop.events(job).compactMap { if case .stage(let report) = $0 { report.stage } else { nil } }
            #expect(stages.deduplicated() == [.`init`, .plan, .apply, .rollback])
            #expect(try await shop.run(of: job).sealedInputs == nil)
        }
    }

    @Test func `without being asked a failed deploy keeps what it made`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.failing(), endsAs: .failed)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .failed)
            #expect(deployment.errorMessage?.contains("\"broken\"") == true, "\(deployment.errorMessage ?? "")")
            #expect(try await shop.addresses() == ["terraform_data.broken", "terraform_data.fine"])
            #expect(try await shop.record(job).attempt == 1)
            #expect(try await shop.log(job).contains("the disk caught fire"))
        }
    }

    @Test func `a roll-back that fails too says what is left`() async throws {
        let main =
            Stacks.failing() + """

                resource "terraform_data" "stubborn" {
                  input = "stays"
                  provisioner "local-exec" {
                    when    = destroy
                    command = "exit 3"
                  }
                }
                """
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, main, rollback: true, endsAs: .failed)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .failed)
            #expect(deployment.errorMessage?.contains("1 resource") == true, "\(deployment.errorMessage ?? "")")
            #expect(try await shop.addresses() == ["terraform_data.stubborn"])
            #expect(try await shop.usage().resources == 1)
            #expect(try await shop.record(job).status == .failed)
        }
    }

    @Test func `a cancel during a roll-back ends it, and the deployment isn't busy`() async throws {
        let main =
            Stacks.failing() + """

                resource "terraform_data" "slow_end" {
                  input = "stays"
                  provisioner "local-exec" {
                    when    = destroy
                    command = "echo slow end begins; exec sleep 600"
                  }
                }
                """
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, main, rollback: true)
            try await shop.wait(for: job, toSay: "slow end begins")
            #expect(try await shop.deployment().status == .rollingBack)
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            try await eventually("the end") { try await shop.record(job).status.isFinal }
            #expect(try await !shop.deployment().status.isBusy)
            #expect(try await shop.addresses().contains("terraform_data.slow_end"))
        }
    }
}

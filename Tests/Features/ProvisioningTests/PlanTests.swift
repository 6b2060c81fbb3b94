import Domain
import Events
import FoundationEssentials
import Jobs
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct PlanTests {
    @Test(arguments: TestDatabase.allCases)
    func `a plan waits, and its approval applies exactly that plan`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            // The plan's own time: a second plan would say another.
            let job = try await shop.submit(
                .deploy,
                "resource \"terraform_data\" \"at\" { input = plantimestamp() }\noutput \"at\" { value = terraform_data.at.output }",
                planFirst: true
            )
            try await shop.wait(for: job, toBe: .scheduled)
            let waiting = try await shop.deployment()
            #expect(waiting.status == .awaitingApproval && waiting.stage == "approval" && waiting.progress == 40)
            #expect(try await shop.record(job).stage == .approval)
            #expect(try await shop.addresses() == [])
            let run = try await shop.run(of: job)
            #expect(run.awaitsDecision && run.planSummary != nil)
            let expiry = try #require(run.planExpiresAt)
            #expect(abs(expiry.timeIntervalSinceNow - 86_400) < 120)
            guard case .finished(let pause)? = try await shop.events(job).last else { throw TooLate(description: "the pause") }
            #expect(pause.status == .scheduled && pause.stage == .approval && pause.summary?.add == 1 && pause.until != nil)

            let planned = Date()
            try await eventually("the next second") { Int(Date().timeIntervalSince1970) > Int(planned.timeIntervalSince1970) }
            try await shop.decisions.approve(job, by: "bert")
            try await shop.wait(for: job, toBe: .completed)
            let said = try await shop.outputs.read(project: "shop", organization: "default", revealing: false)["at"]?.value
            let at = try #require(said.flatMap { try? Date(String($0.dropFirst().dropLast()), strategy: .iso8601) })
            #expect(at <= planned)
            let decided = try await shop.run(of: job)
            #expect(decided.decision == .approved && decided.decidedBy == "bert" && decided.sealedPlan == nil)
            #expect(try await shop.record(job).attempt == 1)
            #expect(try await shop.outcomes(job) == ["suspended", "completed"])
            #expect(try await shop.usage() == (1, 0, 1))
            #expect(try await shop.deployment().planSummary != nil)
        }
    }

    @Test func `a refused plan changes nothing`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1), planFirst: true)
            try await shop.wait(for: job, toBe: .scheduled)
            try await shop.decisions.refuse(job, by: "bert", reason: "wrong region")
            #expect(try await shop.record(job).status == .cancelled)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .cancelled && deployment.message?.contains("wrong region") == true)
            let run = try await shop.run(of: job)
            #expect(run.decision == .refused && run.sealedPlan == nil && run.sealedInputs == nil)
            #expect(try await shop.addresses() == [])
            guard case .finished(let report)? = try await shop.events(job).last else { throw TooLate(description: "the end") }
            #expect(report.status == .cancelled && report.message.contains("bert"))
            await #expect(throws: ProvisioningError.self) { try await shop.decisions.approve(job, by: "anna") }
        }
    }

    @Test func `a plan expires after 24 hours`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1), planFirst: true)
            try await shop.wait(for: job, toBe: .scheduled)
            shop.clock.advance(by: 86_400 - 600)
            try await eventually("a look at the queue") { try await shop.record(job).status == .scheduled }
            shop.clock.advance(by: 1200)
            let error = await #expect(throws: ProvisioningError.self) { try await shop.decisions.approve(job, by: "late") }
            #expect(error.map { $0.reason == .expired || $0.reason == .conflict } == true)
            try await eventually("the end of the job") { try await shop.record(job).status.isFinal }
            #expect(try await shop.record(job).status == .cancelled)
            let deployment = try await shop.deployment()
            #expect(deployment.status == .cancelled && deployment.message?.contains("approved") == true)
            #expect(try await shop.addresses() == [])
            let run = try await shop.run(of: job)
            #expect(run.sealedPlan == nil && run.sealedInputs == nil)
        }
    }

    @Test func `only the first of two decisions counts`() async throws {
        try await Workshop.with(worker: false) { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1), planFirst: true)
            try await shop.withWorker { try await shop.wait(for: job, toBe: .scheduled) }
            try await shop.decisions.approve(job, by: "anna")
            let second = await #expect(throws: ProvisioningError.self) { try await shop.decisions.approve(job, by: "bert") }
            #expect(second?.reason == .conflict && second?.description.contains("decided") == true)
            let third = await #expect(throws: ProvisioningError.self) { try await shop.decisions.refuse(job, by: "carl") }
            #expect(third?.reason == .conflict)
            #expect(try await shop.run(of: job).decidedBy == "anna")
            try await shop.withWorker { try await shop.wait(for: job, toBe: .completed) }
            let after = await #expect(throws: ProvisioningError.self) { try await shop.decisions.approve(job, by: "dora") }
            #expect(after?.reason == .conflict)
        }
    }

    @Test func `a job that waits for no plan can't be approved, and one that isn't there neither`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.run(.deploy, Stacks.plain(1))
            let ended = await #expect(throws: ProvisioningError.self) { try await shop.decisions.approve(job, by: "anna") }
            #expect(ended?.reason == .conflict)
            let missing = await #expect(throws: ProvisioningError.self) {
                try await shop.decisions.approve(JobID(rawValue: "deploy-1-aaaaaa"), by: "anna")
            }
            #expect(missing?.reason == .notFound)
        }
    }

    @Test func `a plan that was overtaken is refused`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(1))
            let waiting = try await shop.submit(.deploy, Stacks.plain(2), planFirst: true)
            try await shop.wait(for: waiting, toBe: .scheduled)
            // Another job of the same deployment isn't held up by one that waits for a person.
            try await shop.run(.deploy, Stacks.plain(3))
            try await shop.decisions.approve(waiting, by: "anna")
            try await shop.wait(for: waiting, toBe: .failed)
            let record = try await shop.record(waiting)
            #expect(record.attempt == 1 && record.errorMessage?.contains("stale") == true, "\(record.errorMessage ?? "")")
            #expect(try await shop.addresses().count == 4)
            #expect(try await shop.deployment().status == .failed)
        }
    }

    @Test func `a destroy can wait for its plan's approval too`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(2))
            let job = try await shop.submit(.destroy, planFirst: true)
            try await shop.wait(for: job, toBe: .scheduled)
            #expect(try await shop.addresses().count == 3)
            #expect(try await shop.deployment().status == .awaitingApproval)
            try await shop.decisions.approve(job, by: "anna")
            try await shop.wait(for: job, toBe: .completed)
            #expect(try await shop.deployment().status == .destroyed)
            #expect(try await shop.addresses() == [])
            #expect(try await shop.usage().resources == 0)
            let statuses = try await shop.events(job).compactMap { if case .stage(let report) = $0 { report.stage } else { nil } }
            #expect(statuses.contains(.destroy) && !statuses.contains(.apply))
        }
    }

    @Test func `a plan that changes nothing needs no approval`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(1))
            try await shop.run(.deploy, Stacks.plain(1), planFirst: true)
            #expect(try await shop.deployment().status == .completed)
        }
    }

    @Test func `a plan alone leaves the deployment as it was`() async throws {
        try await Workshop.with { shop in
            let first = try await shop.run(.plan, Stacks.plain(1))
            #expect(try await shop.deployment().status == .pending)
            guard case .finished(let report)? = try await shop.events(first).last else { throw TooLate(description: "the end") }
            #expect(report.summary?.add == 2)

            try await shop.run(.deploy, Stacks.plain(2))
            let before = try await shop.deployment()
            try await shop.run(.plan, Stacks.plain(5))
            let after = try await shop.deployment()
            #expect(after.status == .completed && after.resourceCount == 3)
            #expect(after.stateVersion == before.stateVersion && after.sourceID == before.sourceID)
            #expect(try await shop.addresses().count == 3)
            // What was deployed last is still what a run without a source runs.
            try await shop.run(.deploy)
            #expect(try await shop.addresses().count == 3)
        }
    }

    @Test func `a refresh keeps everything and changes nothing`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(2))
            let before = try await shop.deployment()
            let job = try await shop.run(.refresh)
            #expect(try await shop.deployment().status == .completed)
            #expect(try await shop.deployment().stateVersion == before.stateVersion)
            #expect(try await shop.addresses().count == 3)
            #expect(try await shop.outputs.read(project: "shop", organization: "default", revealing: false).count == 5)
            let stages = try await shop.events(job).compactMap { if case .stage(let report) = $0 { report.stage } else { nil } }
            #expect(stages.contains(.refresh))
        }
    }

    @Test func `a refresh doesn't make a failed or destroyed deployment a completed one`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.failing(), endsAs: .failed)
            try await shop.run(.refresh)
            #expect(try await shop.deployment().status == .failed)
            try await shop.run(.destroy)
            try await shop.run(.refresh)
            #expect(try await shop.deployment().status == .destroyed)
        }
    }

    @Test func `a plan that waits can be cancelled`() async throws {
        try await Workshop.with { shop in
            let job = try await shop.submit(.deploy, Stacks.plain(1), planFirst: true)
            try await shop.wait(for: job, toBe: .scheduled)
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            #expect(try await shop.record(job).status == .cancelled)
            #expect(try await shop.deployment().status == .cancelled)
            #expect(try await shop.run(of: job).sealedPlan == nil)
        }
    }
}

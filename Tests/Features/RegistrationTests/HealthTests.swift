import Domain
import Events
import FoundationEssentials
import Jobs
import Storage
import TestKit
import Testing

@testable import Provisioning
@testable import Registration

/// Looks at servers after their registration.
@Suite(.requires(.sshd)) struct HealthTests {
    @Test(arguments: TestDatabase.allCases) func `two misses make a server unreachable, and an answer ready again`(
        _ kind: TestDatabase
    ) async throws {
        try await RegistrationScene.with(kind) { scene in
            let key = try await scene.key()
            let first = try await TestMachine.start()
            try first.authorize(key.publicKey)
            try await scene.deployment("shop", RegistrationScene.outputs([first]))
            try await scene.register()
            let server = try #require(try await scene.servers().first)
            let checker = HealthChecker(scene.services)
            try await first.end()
            #expect(try await checker.check(server.id)?.status == .ready)
            let missed = try #require(try await checker.check(server.id))
            #expect(missed.status == .unreachable && missed.missedChecks == 2, "\(missed)")
            #expect(missed.errorMessage?.contains("does not answer") == true)
            #expect(try await checker.check(server.id)?.status == .unreachable)
            let heard = try await scene.heard()
            #expect(heard.map(\.name) == ["ServerRegistered", "ServerStatusChanged"])
            let data = try #require(JSONTree(heard[1].data))
            #expect(data["status"]?.text == "unreachable" && data["previous_status"]?.text == "ready")
            #expect(
                try await scene.audited("server.") == ["server.registered server:\(server.id)", "server.unreachable server:\(server.id)"]
            )
        }
    }

    @Test(arguments: TestDatabase.allCases) func `every server is looked at in its time, by one of several`(
        _ kind: TestDatabase
    ) async throws {
        try await RegistrationScene.with(kind) { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]), settings: { $0.checkIntervalSeconds = 5 })
                try await scene.register()
                let server = try #require(try await scene.servers().first)
                try await scene.database.write { try $0.execute("UPDATE servers SET next_check_at = 1 WHERE id = \(server.id)") }
                let monitors = [1, 2].map { _ in Task { await HealthMonitor(scene.services, poll: .milliseconds(20)).run() } }
                try await until("it is looked at") { try await scene.servers().first?.lastCheckedAt != server.lastCheckedAt }
                for monitor in monitors { monitor.cancel() }
                for monitor in monitors { await monitor.value }
                let metrics = try await scene.database.read { try MetricStore().metrics(of: server.id, since: .distantPast, in: $0) }
                #expect(metrics.count >= 2 && metrics.last?.cpuPercent != nil && metrics.last?.memoryBytes ?? 0 > 0)
                #expect(try await scene.servers().first?.status == .ready)
            }
        }
    }

    @Test func `measurements are kept for seven days`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                try await scene.register()
                let server = try #require(try await scene.servers().first)
                let counts = try await scene.database.write { transaction -> [Int] in
                    let old = Date().addingTimeInterval(-7 * 86_400 - 60)
                    try transaction.execute("UPDATE server_metrics SET taken_at = \(old)")
                    let before = try MetricStore().metrics(of: server.id, since: .distantPast, in: transaction).count
                    let pruned = try MetricStore().prune(at: Date(), in: transaction)
                    return [before, pruned, try MetricStore().metrics(of: server.id, since: .distantPast, in: transaction).count]
                }
                #expect(counts == [1, 1, 0])
            }
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a completed deploy queues, and a destroyed one takes its servers along`(
        _ kind: TestDatabase
    ) async throws {
        try await RegistrationScene.with(kind) { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                let deployment = try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                let sequel = scene.registrations.sequel
                func end(_ action: RunAction, isGone: Bool) async throws {
                    let ended = RunSequel.Ended(deployment: deployment, job: JobID(rawValue: "\(action)-1"), action: action, isGone: isGone)
                    try await scene.database.write { try sequel.settle(ended, Date(), $0) }
                }
                try await end(.deploy, isGone: false)
                #expect(try await scene.current().registrationJob == nil)
                try await scene.database.write { try DeploymentStore().setAutoRegister(true, of: deployment.id, in: $0) }
                try await end(.deploy, isGone: false)
                let first = try #require(try await scene.current().registrationJob)
                // Another deploy: the older registration ends, and never ran.
                try await end(.deploy, isGone: false)
                let second = try #require(try await scene.current().registrationJob)
                #expect(first != second)
                try await scene.withWorker { _ = try await scene.end(of: second) }
                let stands = try await scene.database.read { try JobStore().job(first, in: $0)?.status }
                #expect(stands == .cancelled)
                #expect(try await scene.servers().map(\.status) == [.ready])
                try await end(.destroy, isGone: true)
                #expect(try await scene.servers().isEmpty)
                let after = try await scene.current()
                #expect(after.registrationStatus == nil && after.registrationJob == nil)
                #expect(try await scene.audited("server.removed").count == 1)
                #expect(try await scene.heard().last?.name == "ServerRemoved")
            }
        }
    }

    @Test func `the end of a deployment stops a registration that is under way, which writes nothing more`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try machine.hold("docker")
                let deployment = try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                let job = try await scene.submit()
                try await scene.withWorker {
                    try await until("Docker is asked") { machine.isReached }
                    let ended = RunSequel.Ended(deployment: deployment, job: JobID(rawValue: "destroy-1"), action: .destroy, isGone: true)
                    let sequel = scene.registrations.sequel
                    try await scene.database.write { try sequel.settle(ended, Date(), $0) }
                    let record = try await scene.end(of: job)
                    #expect(record.status == .cancelled)
                    try machine.release()
                }
                #expect(try await scene.servers().isEmpty)
                #expect(try await scene.current().registrationStatus == nil)
            }
        }
    }

    @Test func `a registration that is under way is answered, and can be cancelled`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try machine.hold("docker")
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                let job = try await scene.submit()
                #expect(try await scene.submit() == job)
                try await scene.withWorker {
                    try await until("Docker is asked") { machine.isReached }
                    let record = try #require(try await scene.database.read { try JobStore().job(job, in: $0) })
                    _ = try await scene.registrations.cancel(record, force: false, by: "anna")
                    #expect(try await scene.end(of: job).status == .cancelled)
                    try machine.release()
                }
                #expect(try await scene.current().registrationStatus == .cancelled)
                #expect(try await scene.servers().map(\.status) == [.error])
            }
        }
    }
}

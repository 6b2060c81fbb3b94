import Audit
import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Provisioning
import Remote
import Sealing
import Storage
import TestKit
import Testing

@testable import Registration

/// From outputs to servers, with real sshd.
@Suite(.requires(.sshd)) struct EnrollmentTests {
    @Test(arguments: TestDatabase.allCases) func `a machine becomes a ready server with all that is known of it`(
        _ kind: TestDatabase
    ) async throws {
        try await RegistrationScene.with(kind) { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                let deployment = try await scene.deployment("shop", RegistrationScene.outputs([machine], pins: true))
                let job = try await scene.register()
                let server = try #require(try await scene.servers().first)
                #expect(
                    server.status == .ready && server.name == "shop" && server.instanceID == "i-0" && server.port == machine.server.port
                )
                #expect(server.dockerVersion == "24.0.7" && server.keyName == "default" && server.hostKeys == [machine.server.hostKey.text])
                #expect(server.cpus ?? 0 > 0 && server.memoryBytes ?? 0 > 0 && server.diskBytes ?? 0 > 0)
                #expect(server.kernel != nil && server.architecture != nil && server.operatingSystem != nil && server.registeredAt != nil)
                let health = try #require(server.health.flatMap(HealthReport.decoded))
                #expect(health.isHealthy && health.overallStatus == "healthy" && health.dockerOK && health.diskSpaceOK)
                let after = try await scene.current()
                #expect(after.status == .completed && after.registrationStatus == .completed && after.registrationError == nil)
                #expect(
                    job.queue == .serverManagement && job.kind == "register" && job.maximumAttempts == 3 && job.timeout == .seconds(600)
                )
                #expect(
                    Set(job.tags).isSuperset(of: [
                        "server-registration", "organization:\(deployment.organization)", "deployment:\(deployment.id)",
                    ])
                )
                let heard = try await scene.heard()
                #expect(heard.map(\.name) == ["ServerRegistered"])
                let data = try #require(JSONTree(heard[0].data))
                #expect(data["server_id"]?.number == Double(server.id.rawValue) && data["server_name"]?.text == "shop")
                #expect(
                    data["ip_address"]?.text == "127.0.0.1" && data["status"]?.text == "ready" && data["docker_version"]?.text == "24.0.7"
                )
                #expect(data["deployment_id"]?.number == Double(deployment.id.rawValue) && data["timestamp"]?.text != nil)
                #expect(try await scene.audited("server.") == ["server.registered server:\(server.id)"])
                let stages = try await scene.events(job.id).compactMap { if case .stage(let report) = $0 { report.stage } else { nil } }
                #expect(stages == JobStage.registration, "\(stages)")
                let metrics = try await scene.database.read { try MetricStore().metrics(of: server.id, since: .distantPast, in: $0) }
                #expect(metrics.count == 1)
            }
        }
    }

    @Test func `a second registration updates, and never doubles`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                try await scene.register()
                let first = try #require(try await scene.servers().first)
                try machine.program("docker", "case $1 in version) echo 25.0.1;; info) echo /;; *) echo 'Docker version 25.0.1';; esac")
                try await scene.register()
                let all = try await scene.servers()
                #expect(all.map(\.id) == [first.id] && all[0].dockerVersion == "25.0.1" && all[0].registeredAt == first.registeredAt)
                #expect(try machine.authorizedKeys.count == 1)
            }
        }
    }

    @Test func `a key that is only in the outputs is for the first contact alone`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(machine.server.clientKey.publicKey.text)
                var outputs = RegistrationScene.outputs([machine])
                let secret = String(decoding: machine.server.clientKeyText, as: UTF8.self)
                outputs["!bootstrap_key"] = "\"\(secret.replacing("\n", with: "\\n"))\""
                try await scene.deployment("shop", outputs)
                try await scene.register()
                #expect(try await scene.servers().first?.status == .ready)
                let key = try await scene.key()
                #expect(try machine.authorizedKeys == [machine.server.clientKey.publicKey.text, key.publicKey])
                // From now on the organization's key is enough.
                try machine.authorize(key.publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                try await scene.register()
            }
        }
    }

    @Test func `another key can be chosen by its name`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                let edge = try await scene.key("edge")
                try machine.authorize(edge.publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                await #expect(throws: RegistrationError.self) { try await scene.submit(key: "missing") }
                try await scene.register(key: "edge")
                #expect(try await scene.servers().first?.keyName == "edge")
                await #expect(throws: RegistrationError.self) {
                    try await scene.services.keys.remove("edge", of: edge.organization, by: .init("anna"))
                }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases) func `ten servers of one deployment are registered at the same time`(
        _ kind: TestDatabase
    ) async throws {
        try await RegistrationScene.with(kind) { scene in
            var machines: [TestMachine] = []
            let key = try await scene.key()
            do {
                for _ in 0..<10 {
                    let machine = try await TestMachine.start()
                    machines.append(machine)
                    try machine.authorize(key.publicKey)
                }
                try await scene.deployment("shop", RegistrationScene.outputs(machines, pins: true))
                try await scene.register()
                let servers = try await scene.servers()
                #expect(servers.count == 10 && servers.allSatisfy { $0.status == .ready })
                #expect(Set(servers.map(\.name)) == Set((1...10).map { "shop-\($0)" }))
                #expect(Set(try await scene.heard().map(\.name)) == ["ServerRegistered"])
                #expect(try await scene.heard().count == 10)
                // Two are gone from the outputs: they are gone here.
                try await scene.deployment("shop", RegistrationScene.outputs(Array(machines.prefix(8)), pins: true))
                try await scene.register()
                #expect(try await scene.servers().count == 8)
                #expect(try await scene.heard().count { $0.name == "ServerRemoved" } == 2)
            } catch {
                for machine in machines { try? await machine.end() }
                throw error
            }
            for machine in machines { try await machine.end() }
        }
    }

    @Test func `one bad server of three leaves the others ready, and is named`() async throws {
        try await RegistrationScene.with { scene in
            let key = try await scene.key()
            try await TestMachine.with { good in
                try await TestMachine.with(docker: .stopped) { bad in
                    try await TestMachine.with { fine in
                        for machine in [good, bad, fine] { try machine.authorize(key.publicKey) }
                        try await scene.deployment("shop", RegistrationScene.outputs([good, bad, fine]))
                        let job = try await scene.register(endsAs: .failed)
                        #expect(try await scene.servers().map(\.status) == [.ready, .error, .ready])
                        let error = try #require(job.errorMessage)
                        #expect(
                            error.hasPrefix("1 of 3 servers is not ready:\n  shop-2 (127.0.0.1:\(bad.server.port)): Docker is installed"),
                            "\(error)"
                        )
                        let deployment = try await scene.current()
                        #expect(deployment.status == .completed && deployment.registrationStatus == .failed)
                        #expect(deployment.registrationError == error)
                        let last = try #require(try await scene.heard().last)
                        #expect(last.name == "ServerRegistrationFailed")
                        let data = try #require(JSONTree(last.data))
                        #expect(data["status"]?.text == "registration_failed" && data["error"]?.text == error)
                        #expect(try await scene.audited("registration.failed").count == 1)
                    }
                }
            }
        }
    }

    @Test(.requires(.docker)) func `a real Docker daemon is verified, and missed when it is stopped`() async throws {
        guard ThrowawayDocker.isPossible else { return }
        let docker = try await ThrowawayDocker()
        do {
            try await RegistrationScene.with { scene in
                try await TestMachine.with(docker: .real(socket: docker.socket)) { machine in
                    try machine.authorize(try await scene.key().publicKey)
                    try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                    try await scene.register()
                    let server = try #require(try await scene.servers().first)
                    #expect(server.status == .ready && server.dockerVersion?.first?.isNumber == true, "\(server)")
                    try await docker.stop()
                    let looked = try #require(try await HealthChecker(scene.services).check(server.id))
                    #expect(looked.status == .error && looked.errorMessage?.contains("its daemon doesn't answer") == true, "\(looked)")
                    #expect(try await scene.heard().map(\.name) == ["ServerRegistered", "ServerStatusChanged"])
                }
            }
        } catch {
            // The test's own error matters more.
            try? await docker.end()
            throw error
        }
        try await docker.end()
    }
}

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

/// What is wrong between us and a machine, through a whole registration.
@Suite(.requires(.sshd)) struct ContactTests {
    @Test func `the key is the wrong one`() async throws {
        let (error, server) = try await RegistrationScene.fault { machine in try machine.authorize(machine.server.clientKey.publicKey.text)
        }
        #expect(error.contains("does not let") && error.contains("authorized_keys"), "\(error)")
        #expect(server.keyName == nil)
    }

    @Test func `a changed host key is refused, and pins don't move by themselves`() async throws {
        try await RegistrationScene.with { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                try await scene.register()
                let pinned = try #require(try await scene.servers().first?.hostKeys)
                #expect(pinned == [machine.server.hostKey.text])
                // Another machine answers there now.
                let other = try SSHKeyPair.generate(comment: "other")
                let deployment = try await scene.current()
                try await scene.database.write {
                    let text = other.publicKey.split(separator: " ").prefix(2).joined(separator: " ")
                    try $0.execute("UPDATE servers SET host_key = \(text) WHERE terraform_deployment_id = \(deployment.id)")
                }
                let job = try await scene.register(endsAs: .failed)
                #expect(job.attempt == 1)
                #expect(
                    job.errorMessage?.contains("host key") == true && job.errorMessage?.contains(machine.server.hostKey.fingerprint) == true
                )
                #expect(try await scene.servers().first?.hostKeys != pinned)
                // A new instance at the same address is a new machine: its key is new, too.
                var outputs = RegistrationScene.outputs([machine])
                outputs["instance_ids"] = "[\"i-new\"]"
                try await scene.deployment("shop", outputs)
                try await scene.register()
                #expect(try await scene.servers().first?.hostKeys == pinned)
            }
        }
    }

    @Test func `a port that is closed for a while is waited for`() async throws {
        try await RegistrationScene.with { scene in
            let key = try await scene.key()
            let port = try Loopback.freePort()
            try await scene.deployment(
                "shop",
                ["server_ip": "\"127.0.0.1\"", "ssh_port": "\(port)", "ssh_user": "\"\(ThrowawaySSHServer.currentUser())\""]
            )
            let job = try await scene.submit()
            try await scene.withWorker {
                try await until("it waits") {
                    try await scene.events(job).contains {
                        if case .server(let report) = $0 { report.message.contains("Waiting for SSH") } else { false }
                    }
                }
                let folder = try TemporaryFolder()
                let server = try await ThrowawaySSHServer(port: port, settings: ["SetEnv HOME=\(folder.path)"], authorized: [key.publicKey])
                _ = try await scene.end(of: job)
                try await server.end()
                folder.remove()
            }
            let reached = try await scene.servers().first
            #expect(reached?.keyName == "default" && reached?.hostKeys.isEmpty == false)
        }
    }

    // MARK: - Servers that don't answer as they should

    /// Registers what listens on a port.
    private func fault(port: Int, limits: (inout RegistrationLimits) -> Void) async throws -> (error: String, job: JobRecord) {
        var result: (String, JobRecord)?
        try await RegistrationScene.with(limits: limits) { scene in
            let place = ["server_ip": "\"127.0.0.1\"", "ssh_port": "\(port)", "ssh_user": "\"root\""]
            try await scene.deployment("shop", place)
            let job = try await scene.register(endsAs: .failed)
            result = (try await scene.expectFailed(job).error, job)
        }
        return try #require(result)
    }

    @Test func `something listens and never says that it is SSH`() async throws {
        let silent = try FakeServer { $0.waitForEnd() }
        let (error, job) = try await fault(port: silent.port) { limits in
            limits.connection.connectTimeout = .milliseconds(200)
            limits.sshWait = .milliseconds(500)
        }
        #expect(error.contains("Something listens on 127.0.0.1:\(silent.port) but says nothing"), "\(error)")
        #expect(error.contains("Check that it is sshd and that it is not overloaded."), "\(error)")
        #expect(job.attempt == 3)
    }

    @Test func `the login hangs`() async throws {
        try await RegistrationScene.with(limits: { limits in
            limits.connection.connectTimeout = .seconds(60)
            limits.connection.authenticationTimeout = .milliseconds(400)
            limits.sshWait = .milliseconds(500)
        }) { scene in
            try await TestMachine.with(holdsLogins: true) { machine in
                try machine.authorize(try await scene.key().publicKey)
                try machine.hold("login-keys")
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                let job = try await scene.register(endsAs: .failed)
                let error = try await scene.expectFailed(job).error
                #expect(machine.isReached && job.attempt == 3)
                #expect(error.contains("127.0.0.1:\(machine.server.port) did not finish the login in time."), "\(error)")
                #expect(error.contains("Check its load, and what its sshd asks (PAM, DNS)."), "\(error)")
            }
        }
    }

    @Test func `the login prints 100 MB`() async throws {
        let (error, server) = try await RegistrationScene.fault(
            settings: ["ForceCommand head -c 100000000 /dev/zero; eval \"$SSH_ORIGINAL_COMMAND\""]
        )
        #expect(error.contains("printed more than 1048576 bytes"), "\(error)")
        #expect(error.contains("Log in there and see what it prints by itself: the login's start-up files"), "\(error)")
        #expect(server.hostKeys.count == 1)
    }

    @Test func `a program there prints 100 MB`() async throws {
        let (error, _) = try await RegistrationScene.fault { machine in
            try machine.program("docker", "head -c 100000000 /dev/zero | tr '\\0' x")
        }
        #expect(error.contains("its daemon doesn't answer (xxxx") && error.utf8.count < 1000, "\(error)")
    }
}

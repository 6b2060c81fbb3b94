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

/// Faults that are as real as on a machine somewhere else: a daemon, a user without rights, a clock.
@Suite(.requires(.sshd)) struct RealFaultTests {
    @Test(
        .requires(.docker),
        .requires(.setpriv),
        .enabled("only root can start Docker, and make users") { ThrowawayDocker.isPossible && TestUser.isPossible }
    )
    func `a daemon whose socket the login may not use, that is opened for it, and that stops`() async throws {
        let docker = try await ThrowawayDocker()
        do {
            try await TestUser.with { user in
                let kind = TestMachine.Docker.real(socket: docker.socket)
                let (error, server) = try await RegistrationScene.fault(docker: kind, user: user)
                #expect(error.contains("The user tester may not use Docker's socket \(docker.socket) on 127.0.0.1"), "\(error)")
                #expect(error.contains("sudo usermod -aG docker tester") && server.dockerVersion == nil, "\(error)")
                user.give(docker.socket)
                try await RegistrationScene.with { scene in
                    try await TestMachine.with(docker: kind, user: user) { machine in
                        try machine.authorize(try await scene.key().publicKey)
                        try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                        try await scene.register()
                        let ready = try #require(try await scene.servers().first)
                        #expect(ready.status == .ready && ready.user == "tester" && ready.dockerVersion?.first?.isNumber == true)
                        try await docker.stop()
                        let job = try await scene.register(endsAs: .failed)
                        #expect(job.errorMessage?.contains("its daemon doesn't answer (Cannot connect to the Docker daemon") == true)
                        let stopped = try #require(try await scene.servers().first)
                        #expect(stopped.status == .error && stopped.errorMessage == job.errorMessage, "\(stopped)")
                    }
                }
            }
        } catch {
            // The test's own error matters more.
            try? await docker.end()
            throw error
        }
        try await docker.end()
    }

    @Test(.requires(.faketime), arguments: [(-3600, "60 minutes behind"), (3600, "60 minutes ahead")])
    func `a clock that is off by an hour`(seconds: Int, words: String) async throws {
        defer { Self.removeWhatFaketimeLeft() }
        let variables = ["LD_PRELOAD=\(try await library())", "FAKETIME=\(seconds > 0 ? "+" : "")\(seconds)s"]
        let (error, server) = try await RegistrationScene.fault(variables: variables)
        #expect(error.contains(words) && error.contains("set-ntp"), "\(error)")
        let health = try #require(server.health.flatMap(HealthReport.decoded))
        #expect(health.findings.map(\.check) == [.clock], "\(health)")
    }

    /// A process that becomes another program by `exec` leaves the library's `faketime_shm_PID` and `sem.faketime_sem_PID` behind.
    private static func removeWhatFaketimeLeft() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? [] where name.contains("faketime_s") {
            guard let pid = name.split(separator: "_").last.flatMap({ Int32($0) }), ProcessHandle(pid) == nil else { continue }
            try? FileManager.default.removeItem(atPath: "/dev/shm/\(name)")
        }
    }

    /// What faketime loads before a program's own libraries.
    private func library() async throws -> String {
        let program = try #require(RequiredTool.faketime.path)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let answer = try await ChildProcess.run(
            .init(program, ["-f", "+0s", "sh", "-c", "printf %s \"$LD_PRELOAD\""], environment: ["PATH": path])
        )
        return try #require(answer.text.isEmpty ? nil : answer.text, "\(answer.errorText)")
    }
}

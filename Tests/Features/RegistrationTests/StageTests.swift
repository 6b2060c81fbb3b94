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

/// What happens in each stage of a registration when the connection breaks there, or the attempt.
@Suite(.requires(.sshd)) struct StageTests {
    /// All that have a connection: the outputs are read before there is one.
    private static let connected = JobStage.registration.filter { $0 != .outputs }

    @Test(.requires(.postgres), .requires(.setpriv), arguments: connected)
    func `a connection that is dropped in a stage is made anew, and the stage done again`(stage: JobStage) async throws {
        try await RegistrationScene.with(.postgres) { scene in
            try await TestMachine.with(holdsLogins: true) { machine in
                try machine.authorize(try await scene.key().publicKey)
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                switch try TestMachine.hold(of: stage) {
                case .program(let program):
                    try machine.hold(program)
                    try await drop(scene, machine) {
                        try await until("\(program) is called") { machine.isReached }
                        try machine.server.killSessions()
                        try machine.release()
                    }
                case .rows(let program):
                    try machine.hold(try #require(program))
                    try await drop(scene, machine) {
                        try await until("it comes near") { machine.isReached }
                        try await HeldTable.with("servers", of: scene.location) { table in
                            try machine.release()
                            try await until("the rows are awaited") { try await table.isAwaited }
                            try machine.server.killSessions()
                        }
                    }
                }
            }
        }
    }

    /// Registers, and drops the connection meanwhile.
    private func drop(_ scene: RegistrationScene, _ machine: TestMachine, _ body: () async throws -> Void) async throws {
        let job = try await scene.submit()
        try await scene.withWorker {
            try await body()
            let record = try await scene.end(of: job)
            #expect(record.status == .completed && record.attempt == 1, "\(record.errorMessage ?? "")")
        }
        #expect(try await scene.servers().map(\.status) == [.ready])
        #expect(try await scene.heard().map(\.name) == ["ServerRegistered"])
        #expect(try machine.authorizedKeys.count == 1)
    }

    @Test func `a connection that is dropped again and again is said with what was done`() async throws {
        try await RegistrationScene.with(limits: { $0.reconnections = 0 }) { scene in
            try await TestMachine.with { machine in
                try machine.authorize(try await scene.key().publicKey)
                try machine.program("docker", "\(Self.end); sleep 5")
                try await scene.deployment("shop", RegistrationScene.outputs([machine]))
                let job = try await scene.register(endsAs: .failed)
                #expect(job.attempt == 3)
                #expect(
                    job.errorMessage?.contains("While checking Docker: the connection to 127.0.0.1") == true,
                    "\(job.errorMessage ?? "")"
                )
            }
        }
    }

    @Test func `a server that one attempt has made ready is announced once, however many follow`() async throws {
        try await RegistrationScene.with(limits: { $0.reconnections = 0 }) { scene in
            let key = try await scene.key()
            try await TestMachine.with { good in
                try await TestMachine.with { bad in
                    for machine in [good, bad] { try machine.authorize(key.publicKey) }
                    // Breaks twice, and then no more.
                    try bad.program(
                        "docker",
                        """
                        if mkdir \(bad.folder.path)/once 2>/dev/null || mkdir \(bad.folder.path)/twice 2>/dev/null; then
                            \(Self.end); sleep 5
                        fi
                        case $1 in version) echo 24.0.7;; info) echo /;; *) echo 'Docker version 24.0.7';; esac
                        """
                    )
                    try await scene.deployment("shop", RegistrationScene.outputs([good, bad]))
                    let job = try await scene.register()
                    #expect(job.attempt == 3)
                    #expect(try await scene.servers().map(\.status) == [.ready, .ready])
                    #expect(try await scene.heard().map(\.name) == ["ServerRegistered", "ServerRegistered"])
                    #expect(try await scene.audited("server.registered").count == 2)
                    // The next registration says it again.
                    try await scene.register()
                    #expect(try await scene.heard().count == 4)
                }
            }
        }
    }

    /// Ends the session that a program runs in.
    private static let end =
        "p=$PPID; while [ \"$(cat /proc/$p/comm)\" != sshd ]; do p=$(awk '/^PPid/{print $2}' /proc/$p/status); done; kill -9 $p"
}

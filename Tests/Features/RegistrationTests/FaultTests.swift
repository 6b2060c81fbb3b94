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

/// What is wrong with a machine, each with its own sentence.
@Suite(.requires(.sshd)) struct FaultTests {
    @Test func `Docker is stopped`() async throws {
        let (error, _) = try await RegistrationScene.fault(docker: .stopped)
        #expect(error.contains("Docker is installed on 127.0.0.1") && error.contains("its daemon doesn't answer"))
        #expect(error.contains("sudo systemctl enable --now docker"))
    }

    @Test func `Docker's socket is not permitted`() async throws {
        let (error, _) = try await RegistrationScene.fault(docker: .denied)
        #expect(error.contains("may not use Docker's socket") && error.contains("sudo usermod -aG docker"), "\(error)")
    }

    @Test func `Docker is missing`() async throws {
        // Hidden from the login, wherever this system has it.
        let places = ["/usr/bin/docker", "/usr/local/bin/docker", "/bin/docker"].filter(FileSystem.exists)
        guard places.isEmpty || CurrentUser.id == 0 else { return }
        let hides = Set(places.compactMap(FileSystem.resolved)).map { "mount --bind /dev/null \($0);" }.joined(separator: " ")
        let settings = places.isEmpty ? [] : ["ForceCommand unshare -m sh -c '\(hides) eval \"$SSH_ORIGINAL_COMMAND\"'"]
        let (error, _) = try await RegistrationScene.fault(docker: .none, settings: settings)
        #expect(error.contains("Docker is not installed on 127.0.0.1") && error.contains("--install-docker on"), "\(error)")
    }

    @Test func `Docker is too old`() async throws {
        let (error, server) = try await RegistrationScene.fault(docker: .answering("19.3.15"))
        #expect(error.contains("is version 19.3.15, and 20.10 is the least"))
        #expect(server.dockerVersion == "19.3.15")
    }

    @Test func `the disk has too little room, and the memory, and all of it is said`() async throws {
        let (error, server) = try await RegistrationScene.fault(
            docker: .stopped,
            demands: { ($0.minimumDiskGigabytes, $0.minimumMemoryMegabytes) = (1_000_000, 100_000_000) }
        )
        #expect(error.contains("Docker is installed") && error.contains("Insufficient disk space") && error.contains("Insufficient memory"))
        let health = try #require(server.health.flatMap(HealthReport.decoded))
        #expect(health.findings.map(\.check) == [.docker, .disk, .memory] && health.overallStatus == "unhealthy")
    }

    @Test func `the disk is full`() async throws {
        guard CurrentUser.id == 0 else { return }
        try await SmallDisk.with(megabytes: 1) { disk in
            let (error, _) = try await RegistrationScene.fault(home: disk) { machine in
                try machine.authorize(
                    "\(String(decoding: try FileSystem.read("\(disk)/.ssh/authorized_keys"), as: UTF8.self).dropLast())\u{20}x\n#"
                )
                // Until nothing goes in any more.
                try? FileSystem.write([UInt8](repeating: 1, count: 2 << 20), to: "\(disk)/filler")
                // The key is there under other options: it has to be added, and can't.
                try machine.program("grep", "exit 1")
            }
            #expect(error.contains("The disk of 127.0.0.1") && error.contains("is full") && error.contains("Make room there"), "\(error)")
        }
    }

    @Test func `the network target can't be reached`() async throws {
        let (error, server) = try await RegistrationScene.fault(demands: { $0.networkTarget = "127.0.0.1:1" })
        #expect(error.contains("can't reach 127.0.0.1:1"), "\(error)")
        #expect(server.dockerVersion == "24.0.7")
    }

    @Test func `cloud-init has failed`() async throws {
        let (error, _) = try await RegistrationScene.fault { machine in
            try machine.program("cloud-init", "echo 'status: error'; echo 'errors:'; echo ' - runcmd broke'")
        }
        #expect(error.contains("cloud-init on 127.0.0.1") && error.contains("runcmd broke"), "\(error)")
    }

    // MARK: - Secrets

    @Test(arguments: TestDatabase.allCases) func `private keys are in no row, event, log or error`(_ kind: TestDatabase) async throws {
        try await RegistrationScene.with(kind) { scene in
            try await TestMachine.with(docker: .stopped) { machine in
                try machine.authorize(machine.server.clientKey.publicKey.text)
                let secret = String(decoding: machine.server.clientKeyText, as: UTF8.self)
                var outputs = RegistrationScene.outputs([machine])
                outputs["!bootstrap_key"] = "\"\(secret.replacing("\n", with: "\\n"))\""
                let deployment = try await scene.deployment("shop", outputs)
                let job = try await scene.register(endsAs: .failed)
                let key = try await scene.key()
                let own = String(decoding: try await scene.services.keys.privateText(of: key), as: UTF8.self)
                let log = scene.log.text
                #expect(log.contains(job.id.rawValue), "nothing is logged")
                let everything =
                    try await scene.database.read { try Self.dump($0) } + (job.errorMessage ?? "") + "\(deployment)\(key)" + log
                for text in [secret, own] {
                    // Whole lines, and pieces of them, as a column or a page might have them.
                    let body = text.split(separator: "\n").dropFirst().dropLast().joined()
                    // After the part that all keys begin with, and the public half.
                    for piece in [String(body.suffix(120).prefix(40)), String(body.suffix(60).prefix(30))] {
                        #expect(!everything.contains(piece), "a private key is stored in plain")
                    }
                }
            }
        }
    }

    /// Every value of every table as text.
    private static func dump(_ transaction: Transaction) throws -> String {
        let tables: [(StaticString, [StaticString])] = [
            ("ssh_keys", ["public_key", "sealed_private_key", "name"]), ("servers", ["error_message", "health_check_status", "host_key"]),
            ("events", ["data"]), ("log_chunks", ["text"]), ("broadcasts", ["data"]),
            ("jobs", ["payload", "error_message", "message", "result"]),
            ("terraform_deployments", ["output_data", "sealed_outputs", "registration_error"]), ("audit_log", ["details"]),
            ("job_attempts", ["error_message"]),
        ]
        var text = ""
        for (table, columns) in tables {
            for column in columns {
                for row in try transaction.rows(
                    "SELECT \(verbatim: column) AS v FROM \(verbatim: table) WHERE \(verbatim: column) IS NOT NULL"
                ) {
                    if let bytes = try? row.value("v", as: [UInt8].self) {
                        text += String(decoding: bytes, as: UTF8.self)
                    } else {
                        text += try row.value("v", as: String.self)
                    }
                }
            }
        }
        return text
    }
}

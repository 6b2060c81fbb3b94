import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Registration

/// The scripts that run on servers, run by this machine's own shells.
@Suite struct ScriptTests {
    /// A home and a search path of its own.
    struct Machine {
        let folder: TemporaryFolder
        var home: String { "\(folder.path)/home" }

        static func with(_ body: (Machine) async throws -> Void) async throws {
            let machine = Machine(folder: try TemporaryFolder())
            defer { machine.folder.remove() }
            try FileSystem.makeFolder(machine.home)
            try FileSystem.makeFolder("\(machine.folder.path)/bin")
            try await body(machine)
        }

        /// A program that is found first.
        func program(_ name: String, _ text: String) throws {
            let path = "\(folder.path)/bin/\(name)"
            try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }

        func run(_ script: RemoteScript, shell: String = "/bin/sh", environment: [String: String] = [:]) async throws -> RemoteReport {
            let command = ChildProcess.Command(
                shell,
                ["-s"],
                environment: ["HOME": home, "PATH": "\(folder.path)/bin:/usr/bin:/bin"].merging(environment) { $1 },
                input: .bytes(script.bytes)
            )
            let finished = try await ChildProcess.run(command, timeout: .seconds(60))
            return RemoteReport(finished.output)
        }

        var authorizedKeys: String {
            get throws { try String(contentsOfFile: "\(home)/.ssh/authorized_keys", encoding: .utf8) }
        }

        func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.posixPermissions] as? Int)
        }
    }

    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFoo+bar/baz1AAAAAAAAAAAAAAAAAAAAAAAA slipway-acme-default"

    // MARK: - The key

    @Test(arguments: ["/bin/sh", "/bin/bash", "/usr/bin/zsh"]) func `a key is installed once, with the right modes`(
        shell: String
    ) async throws {
        guard FileSystem.exists(shell) else { return }
        try await Machine.with { machine in
            let said1 = try await machine.run(.installKey(Self.key), shell: shell)["key"]
            #expect(said1 == "added")
            let said2 = try await machine.run(.installKey(Self.key), shell: shell)["key"]
            #expect(said2 == "present")
            let seen7 = try machine.authorizedKeys
            #expect(seen7 == Self.key + "\n")
            let seen8 = try machine.mode("\(machine.home)/.ssh")
            #expect(seen8 == 0o700)
            let seen9 = try machine.mode("\(machine.home)/.ssh/authorized_keys")
            #expect(seen9 == 0o600)
        }
    }

    @Test func `keys that are there stay, also without a line end, and modes that are too open are mended`() async throws {
        try await Machine.with { machine in
            try FileSystem.makeFolder("\(machine.home)/.ssh")
            let path = "\(machine.home)/.ssh/authorized_keys"
            try "# comment \(Self.key)\nssh-rsa AAAA other".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: machine.home)
            let said3 = try await machine.run(.installKey(Self.key))["key"]
            #expect(said3 == "added")
            let seen10 = try machine.authorizedKeys
            #expect(seen10 == "# comment \(Self.key)\nssh-rsa AAAA other\n\(Self.key)\n")
            let seen11 = try machine.mode(path)
            #expect(seen11 == 0o600)
            let seen12 = try machine.mode(machine.home)
            #expect(seen12 & 0o022 == 0)
            let seen13 = try FileSystem.names(in: "\(machine.home)/.ssh")
            #expect(seen13 == ["authorized_keys"])
        }
    }

    @Test func `a link to the keys stays a link`() async throws {
        try await Machine.with { machine in
            try FileSystem.makeFolder("\(machine.home)/.ssh")
            try "".write(toFile: "\(machine.home)/keys", atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: "\(machine.home)/.ssh/authorized_keys",
                withDestinationPath: "\(machine.home)/keys"
            )
            let said4 = try await machine.run(.installKey(Self.key))["key"]
            #expect(said4 == "added")
            let seen14 = try String(contentsOfFile: "\(machine.home)/keys", encoding: .utf8)
            #expect(seen14 == Self.key + "\n")
        }
    }

    @Test func `a full disk leaves the keys as they were and says so`() async throws {
        guard CurrentUser.id == 0 else { return }
        try await SmallDisk.with(megabytes: 1) { disk in
            let machine = Machine(folder: try TemporaryFolder())
            defer { machine.folder.remove() }
            try FileSystem.makeFolder("\(disk)/.ssh")
            let before = "ssh-rsa AAAA other\n"
            try before.write(toFile: "\(disk)/.ssh/authorized_keys", atomically: true, encoding: .utf8)
            try? FileSystem.write([UInt8](repeating: 1, count: 2 << 20), to: "\(disk)/filler")
            let report = try await machine.run(.installKey(Self.key), environment: ["HOME": disk])
            #expect(report["key"] == nil)
            #expect(report["key_error"]?.contains("No space left") == true, "\(report["key_error"] ?? "nothing")")
            let seen15 = try String(contentsOfFile: "\(disk)/.ssh/authorized_keys", encoding: .utf8)
            #expect(seen15 == before)
        }
    }

    // MARK: - Docker

    private func docker(_ prepare: (Machine) throws -> Void, _ environment: [String: String] = [:]) async throws -> DockerState {
        var state: DockerState?
        try await Machine.with { machine in
            try prepare(machine)
            state = DockerState(try await machine.run(.docker, environment: environment))
        }
        return try #require(state)
    }

    @Test func `a daemon that answers says its version`() async throws {
        let state = try await docker { machine in
            try machine.program("docker", "case $1 in --version) echo 'Docker version 24.0.7, build x';; version) echo 24.0.7;; esac")
        }
        #expect(state.version == "24.0.7")
        #expect(state.finding(minimum: "20.10", place: "x") == nil)
        #expect(state.finding(minimum: "25", place: "x")?.message.contains("version 24.0.7, and 25 is the least") == true)
    }

    @Test func `a daemon that doesn't answer is stopped`() async throws {
        let state = try await docker { machine in
            try machine.program(
                "docker",
                "case $1 in --version) echo 'Docker version 24.0.7';; *) echo 'Cannot connect to the Docker daemon at x' >&2; exit 1;; esac"
            )
        }
        #expect(state.kind == .stopped("Cannot connect to the Docker daemon at x"))
        #expect(state.finding(minimum: "20.10", place: "x")?.advice.contains("systemctl enable --now docker") == true)
    }

    @Test func `a socket that isn't ours is denied`() async throws {
        let state = try await docker { machine in
            let said = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
            try machine.program("docker", "case $1 in --version) echo 'Docker version 24.0.7';; *) echo '\(said)' >&2; exit 1;; esac")
        }
        guard case .denied = state.kind else {
            Issue.record("\(state.kind)")
            return
        }
        #expect(state.finding(minimum: "20.10", place: "x")?.advice.contains("usermod -aG docker") == true)
    }

    @Test(arguments: [
        ("20.10", "20.10.0", false), ("20.9.9", "20.10", true), ("24.0.7", "20.10", false), ("20.10.24+dfsg1", "20.10.25", true),
        ("28.1", "28.1.0", false), ("9", "20.10", true), ("20.10.24+dfsg1", "20.10.24", false),
    ])
    func `versions are compared by their numbers`(present: String, minimum: String, isOlder: Bool) throws {
        let (left, right) = (try #require(DockerVersion(present)), try #require(DockerVersion(minimum)))
        #expect((left < right) == isOlder)
    }

    // MARK: - Health

    @Test func `a machine says what it is`() async throws {
        try await Machine.with { machine in
            let before = Date()
            let facts = try #require(MachineFacts(try await machine.run(.health(target: nil))))
            #expect(facts.cpus ?? 0 >= 1)
            #expect(facts.root?.sizeBytes ?? 0 > 0)
            #expect(facts.memoryBytes ?? 0 > facts.freeMemoryBytes ?? .max)
            #expect(facts.load.count == 3 && facts.cpuTotal ?? 0 > facts.cpuBusy ?? .max)
            #expect(facts.kernel?.isEmpty == false && facts.architecture?.isEmpty == false && facts.operatingSystem?.isEmpty == false)
            #expect(abs((facts.time ?? 0) - before.timeIntervalSince1970) < 60)
            #expect(facts.reachesTarget == nil)
        }
    }

    @Test func `a target is reached or not`() async throws {
        try await Machine.with { machine in
            // Nothing listens there; TEST-NET-1 leads nowhere.
            let facts16 = MachineFacts(try await machine.run(.health(target: "127.0.0.1:1")))
            #expect(facts16?.reachesTarget == false)
            try machine.program("ping", "exit 0")
            let facts17 = MachineFacts(try await machine.run(.health(target: "192.0.2.1")))
            #expect(facts17?.reachesTarget == true)
        }
    }

    @Test func `a clock that is an hour off is found`() async throws {
        try await Machine.with { machine in
            try machine.program("date", "echo $(( $(/bin/date +%s) + 3600 )).5")
            let before = Date()
            let report = try await machine.run(.health(target: nil))
            let facts = try #require(MachineFacts(report))
            let health = HealthReport(
                facts,
                docker: nil,
                settings: RegistrationSettings(),
                skew: (facts.time ?? 0) - before.timeIntervalSince1970,
                place: "web",
                at: Date()
            )
            let finding = try #require(health.findings.first { $0.check == .clock })
            #expect(finding.message == "The clock of web is 60 minutes ahead." && !health.clockOK)
        }
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "99999999999999999999"])
    func `numbers that no machine has are taken for unknown`(_ number: String) throws {
        let lines = [
            "@time 1e300", "@memory MemTotal=\(number) MemAvailable=\(number)", "@root_disk /dev/a \(number) 1 \(number) 1% /",
            "@cpu cpu \(number) \(number) \(number) \(number) \(number)", "@cpus \(number)", "@end",
        ]
        let facts = try #require(MachineFacts(RemoteReport(Array(lines.joined(separator: "\n").utf8))))
        #expect(facts.memoryBytes == nil && facts.freeMemoryBytes == nil && facts.root == nil && facts.cpuTotal == nil)
        let health = HealthReport(
            facts,
            docker: nil,
            settings: RegistrationSettings(),
            skew: facts.time,
            place: "web",
            at: Date()
        )
        #expect(!health.clockOK && !health.memoryOK && !health.diskSpaceOK)
    }

    @Test func `too little disk and memory are findings with what to do`() throws {
        let report = RemoteReport(
            Array(
                """
                @time 1800000000.5
                @root_disk /dev/sda1 20000000 12000000 8000000 60% /
                @docker_disk tmpfs 65536 60000 5536 92% /var/lib/docker
                @memory MemTotal=2000000 MemAvailable=262144 MemFree=100
                @cpus 2
                @load 0.10 0.20 0.30 1/100 1234
                @cpu cpu 10 0 10 80 0 0 0 0 0 0
                @network failed
                @end
                noise
                """.utf8
            )
        )
        let facts = try #require(MachineFacts(report))
        let health = HealthReport(facts, docker: nil, settings: RegistrationSettings(), skew: 0.1, place: "web", at: Date())
        #expect(health.findings.map(\.check) == [.disk, .memory, .network])
        #expect(health.findings[0].message == "Insufficient disk space on web: / has 7.6 GB left, and 10 GB are the least.")
        #expect(health.findings[1].message == "Insufficient memory on web: 256 MB available, and 512 MB are the least.")
        #expect(health.overallStatus == "unhealthy" && !health.diskSpaceOK && !health.memoryOK && !health.networkOK && health.clockOK)
        #expect(facts.cpuBusy == 20 && facts.cpuTotal == 100)
        let read = try #require(HealthReport.decoded(try health.encoded()))
        #expect(read == health)
    }

    @Test(arguments: ["inf", "nan", "-1e300", "9223372036854775807", "-9223372036854775808", "99999999999999999999"])
    func `a figure that no machine has is none`(figure: String) throws {
        let text = """
            @time \(figure)
            @root_disk /dev/vda1 \(figure) 1 \(figure) 1% /
            @memory MemTotal=\(figure) MemAvailable=\(figure)
            @cpus \(figure)
            @load \(figure) \(figure) \(figure)
            @cpu cpu \(figure) \(figure) \(figure) \(figure) \(figure) \(figure)
            @network ok
            @end
            """
        let facts = try #require(MachineFacts(RemoteReport(Array(text.utf8))))
        #expect(facts.time == nil && facts.root == nil && facts.memoryBytes == nil && facts.freeMemoryBytes == nil)
        #expect(facts.load.allSatisfy(\.isFinite) && facts.cpuTotal == nil)
        let health = HealthReport(facts, docker: nil, settings: RegistrationSettings(), skew: facts.time, place: "web", at: Date())
        #expect(health.findings.map(\.check) == [.disk, .memory, .clock])
        #expect(HealthReport.decoded(try health.encoded()) == health)
    }

    @Test func `a script that was cut off is no report`() {
        #expect(MachineFacts(RemoteReport(Array("@time 1\n@cpus 2\n".utf8))) == nil)
    }

    @Test func `what a login prints beside a script is passed over`() {
        let report = RemoteReport(Array("Welcome!\n@key present\nBye @key no\n".utf8))
        #expect(report["key"] == "present")
    }

    // MARK: - cloud-init

    @Test func `cloud-init is waited for, and its errors are told`() async throws {
        try await Machine.with { machine in
            let state = "\(machine.home)/state"
            try "running".write(toFile: state, atomically: true, encoding: .utf8)
            try machine.program(
                "cloud-init",
                "s=$(cat \(state)); echo \"status: $s\"; if [ \"$s\" = error ]; then echo 'errors:'; echo ' - it broke'; fi"
            )
            let said5 = try await machine.run(.cloudInit(seconds: 0))["cloud_init"]
            #expect(said5 == "running")
            try "done".write(toFile: state, atomically: true, encoding: .utf8)
            let said6 = try await machine.run(.cloudInit(seconds: 5))["cloud_init"]
            #expect(said6 == "done")
            try "error".write(toFile: state, atomically: true, encoding: .utf8)
            let report = try await machine.run(.cloudInit(seconds: 5))
            #expect(report["cloud_init"] == "error")
            #expect(report["cloud_init_detail"]?.contains("it broke") == true)
        }
    }
}

import FoundationEssentials
import Glibc
import Host
import Sealing
import StateVault
import Storage
import Synchronization
import TestKit
import Testing

@Suite struct `Following a state file` {
    @Test func `Hands over whole rewrites of a file that is torn again and again, and the last one for certain`() async throws {
        try await Rig.with { rig in
            let follower = try rig.follower(interval: .milliseconds(5))
            async let following: Void = follower.run()
            for serial in 1...300 { rig.rewrite(SampleState.json(serial: serial, resources: 20), pieces: 7) }
            try await rig.until { $0.serials.last == 300 }
            let end = await follower.finish()
            await following
            #expect(end.last?.bytes == SampleState.json(serial: 300, resources: 20))
            #expect(!end.isTorn && end.isHandedOver && end.failure == nil)
            #expect(rig.serials == rig.serials.sorted() && Set(rig.serials).count == rig.serials.count)
        }
    }

    @Test func `Says that the file is torn at the end, and keeps the last whole one`() async throws {
        try await Rig.with { rig in
            let follower = try rig.follower()
            async let following: Void = follower.run()
            rig.rewrite(SampleState.json(serial: 1))
            try await rig.until { $0.serials == [1] }
            rig.write(Array(SampleState.json(serial: 2).prefix(100)))
            let end = await follower.finish()
            await following
            #expect(end.isTorn && end.last?.document.serial == 1)
        }
    }

    @Test func `Reads what was written without a sound before the end`() async throws {
        try await Rig.with { rig in
            let follower = try rig.follower(interval: .seconds(60))
            async let following: Void = follower.run()
            rig.rewrite(SampleState.json(serial: 1))
            try await rig.until { $0.serials == [1] }
            // Within the interval: only finish() can see it.
            rig.rewrite(SampleState.json(serial: 2))
            let end = await follower.finish()
            await following
            #expect(end.last?.document.serial == 2 && !end.isHandedOver && rig.serials == [1])
        }
    }

    @Test func `A copy of the last whole state outlives a rewrite that is cut off, also before anything was handed over`() async throws {
        try await Rig.with { rig in
            let copyPath = rig.folder.path + "/copy"
            // Nobody runs it: nothing is handed over.
            let follower = try StateFollower(folder: rig.held, copy: (rig.held, "copy")) { _ in }
            rig.rewrite(SampleState.json(serial: 1))
            try await rig.until { _ in Rig.serial(at: copyPath) == 1 }
            rig.rewrite(SampleState.json(serial: 2), pieces: 3)
            try await rig.until { _ in Rig.serial(at: copyPath) == 2 }
            rig.write(Array(SampleState.json(serial: 3).prefix(100)))
            let end = await follower.finish()
            #expect(end.isTorn && end.last?.document.serial == 2 && !end.isHandedOver)
            #expect(try FileSystem.read(copyPath) == SampleState.json(serial: 2))
        }
    }

    @Test func `A file that is empty from the start is not torn, one that lost its state is`() async throws {
        try await Rig.with { rig in
            rig.write([])
            let empty = await (try rig.follower()).finish()
            #expect(empty.last == nil && !empty.isTorn)
            let known = await (try rig.follower(known: SampleState.json(serial: 1))).finish()
            #expect(known.last?.document.serial == 1 && known.isTorn)
        }
    }

    @Test func `What is known is not handed over`() async throws {
        try await Rig.with { rig in
            rig.rewrite(SampleState.json(serial: 1))
            let follower = try rig.follower(known: SampleState.json(serial: 1))
            async let following: Void = follower.run()
            rig.rewrite(SampleState.json(serial: 1))
            rig.rewrite(SampleState.json(serial: 2))
            try await rig.until { $0.serials.last == 2 }
            _ = await follower.finish()
            await following
            #expect(rig.serials == [2])
        }
    }

    @Test func `A transient error is tried again with the newest state`() async throws {
        try await Rig.with { rig in
            rig.failures.withLock { $0 = 3 }
            let follower = try rig.follower(interval: .milliseconds(5))
            async let following: Void = follower.run()
            rig.rewrite(SampleState.json(serial: 1))
            try await rig.until { $0.attempts.withLock { $0 } >= 2 }
            rig.rewrite(SampleState.json(serial: 2))
            try await rig.until { $0.serials.last == 2 }
            let end = await follower.finish()
            await following
            #expect(end.isHandedOver && end.failure == nil)
        }
    }

    @Test func `An error that no retry mends ends it, and is told`() async throws {
        try await Rig.with { rig in
            let follower = try StateFollower(folder: rig.held, interval: .milliseconds(5)) { _ in
                throw VaultError(.lowerSerial(stored: 2, offered: 1))
            }
            rig.rewrite(SampleState.json(serial: 1))
            await follower.run()
            let end = await follower.finish()
            #expect((end.failure as? VaultError)?.reason == .lowerSerial(stored: 2, offered: 1))
            #expect(end.last?.document.serial == 1 && !end.isHandedOver)
        }
    }

    @Test func `A file over the limit is not read`() async throws {
        try await Rig.with { rig in
            let follower = try StateFollower(folder: rig.held, limit: 100) { _ in Issue.record("must not be called") }
            let state = SampleState.json(serial: 1)
            rig.rewrite(state)
            await follower.run()
            #expect((await follower.finish().failure as? VaultError)?.reason == .tooLarge(size: state.count, limit: 100))
        }
    }

    @Test func `A slow receiver gets the newest, and nothing queues up`() async throws {
        try await Rig.with { rig in
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            let copyPath = rig.folder.path + "/copy"
            let follower = try StateFollower(folder: rig.held, copy: (rig.held, "copy"), interval: .milliseconds(1)) { state in
                rig.received.withLock { $0.append(state.document.serial) }
                if state.document.serial == 1 { for await _ in gate { break } }
            }
            async let following: Void = follower.run()
            rig.rewrite(SampleState.json(serial: 1))
            try await rig.until { $0.serials == [1] }
            for serial in 2...100 { rig.rewrite(SampleState.json(serial: serial)) }
            try await rig.until { _ in Rig.serial(at: copyPath) == 100 }
            opener.yield()
            try await rig.until { $0.serials.last == 100 }
            _ = await follower.finish()
            await following
            #expect(rig.serials == [1, 100])
        }
    }

    @Test func `Ends when its task is cancelled`() async throws {
        try await Rig.with { rig in
            let follower = try rig.follower()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await follower.run() }
                group.cancelAll()
            }
            rig.rewrite(SampleState.json(serial: 1))
            #expect(await follower.finish().last?.document.serial == 1)
        }
    }

    @Test func `A missing folder is an error`() {
        #expect(throws: HostError.self) { try StateFollower(folder: HeldFolder(opening: "/nonexistent/workspace")) { _ in } }
    }

    @Test(.requires(.terraform)) func `A real apply's resources are in the vault as they come`() async throws {
        let terraform = try #require(RequiredTool.terraform.path)
        try await TestDatabase.sqlite.withVault { fixture in
            try await Rig.with { rig in
                rig.write(Array(Self.configuration.utf8), to: "main.tf")
                let follower = try StateFollower(folder: rig.held) { state in
                    rig.received.withLock { $0.append(Int64(state.document.resourceCount)) }
                    _ = try await fixture.save(state.bytes, as: .intermediate, job: "deploy-1")
                    for count in 0...state.document.resourceCount { rig.write([], to: "seen-\(count)") }
                }
                for arguments in [["init", "-input=false"], ["apply", "-auto-approve", "-input=false", "-parallelism=1"]] {
                    async let following: Void = arguments[0] == "apply" ? follower.run() : ()
                    var command = ChildProcess.Command(terraform, arguments)
                    command.folder = rig.folder.path
                    command.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": rig.folder.path, "CHECKPOINT_DISABLE": "1"]
                    let result = try await ChildProcess.run(command)
                    #expect(result.status.isSuccess, "\(result.errorText)")
                    if arguments[0] == "apply" {
                        let end = await follower.finish()
                        let last = try #require(end.last)
                        #expect(!end.isTorn && end.failure == nil)
                        #expect(last.document.resourceCount == 5)
                        _ = try await fixture.save(last.bytes, as: .final, job: "deploy-1")
                    }
                    await following
                }
                let counts = rig.serials
                #expect(counts == counts.sorted() && Set(counts).count >= 3, "\(counts)")
                let versions = try await fixture.vault.versions(of: fixture.first)
                #expect(versions.map(\.version) == [1] && versions[0].isFinal && versions[0].resourceCount == 5)
                let disk = Array(try Data(contentsOf: URL(filePath: rig.folder.path + "/terraform.tfstate")))
                #expect(try await fixture.vault.load(fixture.first)?.bytes == disk)
            }
        }
    }

    /// Each one but the first waits until all before it were handed over.
    private static let configuration: String = {
        var text = "output \"last\" { value = terraform_data.r4.id }\n"
        for index in 0..<5 {
            text += """
                resource "terraform_data" "r\(index)" {
                  input = \(index == 0 ? "\"first\"" : "terraform_data.r\(index - 1).output")
                  provisioner "local-exec" { command = "until [ -e seen-\(index) ] || [ \(index) = 0 ]; do sleep 0.02; done" }
                }

                """
        }
        return text
    }()
}

/// A workspace with a state file that tests write as Terraform does, and what was handed over.
private final class Rig: Sendable {
    let folder: TemporaryFolder
    let held: HeldFolder
    let received = Mutex<[Int64]>([])
    let attempts = Mutex(0)
    /// How many hand-overs are to fail.
    let failures = Mutex(0)

    var serials: [Int64] { received.withLock { $0 } }

    static func with(_ body: (Rig) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let rig = Rig(folder: folder, held: try HeldFolder(opening: folder.path))
        defer { rig.folder.remove() }
        try await body(rig)
    }

    private init(folder: TemporaryFolder, held: HeldFolder) {
        self.folder = folder
        self.held = held
    }

    /// Of the state in a file; nil when there is none.
    static func serial(at path: String) -> Int64? {
        (try? FileSystem.read(path)).flatMap { try? StateDocument(parsing: $0) }?.serial
    }

    func follower(known: [UInt8]? = nil, interval: Duration = .milliseconds(20)) throws -> StateFollower {
        try StateFollower(folder: held, known: known, interval: interval) { [self] state in
            attempts.withLock { $0 += 1 }
            let fails = failures.withLock { failures in
                defer { failures = max(0, failures - 1) }
                return failures > 0
            }
            if fails { throw VaultError(.storage(.unreachable(server: "test"))) }
            received.withLock { $0.append(state.document.serial) }
        }
    }

    /// Truncates the file and writes it in place, piece by piece, as Terraform's local backend does.
    func rewrite(_ bytes: [UInt8], pieces: Int = 1) {
        let size = bytes.count / pieces + 1
        write(Array(bytes.prefix(size)))
        let descriptor = open(folder.path + "/terraform.tfstate", O_WRONLY | O_APPEND)
        var rest = bytes.dropFirst(size)
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            #expect(Glibc.write(descriptor, piece, piece.count) == piece.count)
            rest = rest.dropFirst(size)
        }
        close(descriptor)
    }

    func write(_ bytes: [UInt8], to name: String = "terraform.tfstate") {
        let descriptor = open(folder.path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    /// Waits for a condition, at most a minute.
    func until(_ condition: (Rig) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(self) {
            try #require(ContinuousClock.now < deadline, "nothing came: \(serials)")
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

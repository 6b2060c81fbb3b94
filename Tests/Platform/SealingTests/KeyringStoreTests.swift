import FoundationEssentials
import Glibc
import Sealing
import Synchronization
import Testing

@Suite struct `The keys of a keyring` {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/keyring" }
    private let passphrase = ["SLIPWAY_PASSPHRASE": "correct horse battery staple"]

    init() throws { folder = try TemporaryFolder() }

    private func store(_ environment: [String: String] = [:], services: [any KeyService] = []) -> KeyringStore {
        KeyringStore(folder: folder.path, environment: environment, services: services, iterations: 1000)
    }

    private func open(_ environment: [String: String] = [:]) throws -> Keyring {
        try Keyring.open(folder: folder.path, environment: environment)
    }

    private func fault(_ body: () async throws -> Void) async -> KeyringFault? {
        do {
            try await body()
            return nil
        } catch {
            guard case .keyring(_, let fault)? = (error as? SealingError)?.reason else { return nil }
            return fault
        }
    }

    @Test func `Are added, made active and removed, as a running keyring sees at once`() async throws {
        let keyring = try open()
        let first = keyring.activeKeyName
        let sealed = try Envelope.seal([1, 2, 3], with: keyring, context: "test")
        let second = try await store().add(protection: .plain, now: Date(timeIntervalSince1970: 4_000_000_000))
        #expect(keyring.keyNames == [first, second])
        try await store().activate(second)
        #expect(keyring.keyNames == [second, first])
        #expect(try EnvelopeHeader(of: Envelope.seal([1], with: keyring, context: "test")).keyName == second)
        #expect(try Envelope.open(sealed, with: keyring, context: "test") == [1, 2, 3])
        let facts = try store().list()
        #expect(facts.map(\.name) == [second, first] && facts.map(\.isActive) == [true, false])
        #expect(facts[0].createdAt == Date(timeIntervalSince1970: 4_000_000_000) && facts[0].protection == "plain")
        #expect(await fault { try await store().remove(second) } == .active(second))
        #expect(await fault { try await store().remove("none") } == .unknownName("none"))
        #expect(await fault { _ = try await store().add(name: first, protection: .plain) } == .duplicate(name: first))
        #expect(await fault { _ = try await store().add(name: "no spaces", protection: .plain) } == .badName("no spaces"))
        try await store().remove(first)
        #expect(keyring.keyNames == [second])
        #expect(throws: SealingError(.unknownKey(first))) { try Envelope.open(sealed, with: keyring, context: "test") }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["keyring", "keyring.lock"])
    }

    @Test func `A file of version 1 is changed into the next, with its keys`() async throws {
        try Data(Fixture.bytes("SealedKeyring/v1")).write(to: URL(filePath: path))
        #expect(chmod(path, 0o600) == 0)
        _ = try await store().add(name: "new", protection: .plain)
        let keyring = try open()
        #expect(keyring.keyNames == ["golden", "older.key_2-B", "new"])
        let sealed = try Fixture.bytes("SealedMessages/v1-plain.sealed")
        #expect(try Envelope.open(sealed, with: keyring, context: "golden/v1-plain") == Array("Slipway format version 1\n".utf8))
        #expect(try store().list().map { $0.createdAt == nil } == [true, true, false])
    }

    @Test func `What a killed process left does not stand in the way`() async throws {
        _ = try open()
        try Data("rubbish".utf8).write(to: URL(filePath: path + ".next"))
        _ = try await store().add(name: "new", protection: .plain)
        #expect(try open().keyNames.last == "new")
    }

    @Test func `The newest is the one that was added last, also within one second`() async throws {
        _ = try open()
        for name in ["one", "two", "three"] {
            _ = try await store().add(name: name, protection: .plain, now: Date(timeIntervalSince1970: 1_000_000_000))
            let newest = try store().list().max { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
            #expect(newest?.name == name)
        }
    }

    @Test func `Many add at once, and none is lost`() async throws {
        _ = try open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 { group.addTask { _ = try await store().add(name: "key-\(number)", protection: .plain) } }
            try await group.waitForAll()
        }
        #expect(try store().list().count == 25)
    }

    // MARK: - Passphrase

    @Test func `One that a passphrase wraps opens with that, and with nothing else`() async throws {
        let first = try open().activeKeyName
        _ = try await store(passphrase).add(name: "wrapped", protection: .passphrase)
        try await store().activate("wrapped")
        let keyring = try open(passphrase)
        #expect(keyring.keyNames == ["wrapped", first])
        let sealed = try Envelope.seal([1, 2, 3], with: keyring, context: "test")
        let file = folder.path + "/passphrase"
        try Data((passphrase.values.first ?? "").utf8 + [10]).write(to: URL(filePath: file))
        #expect(try Envelope.open(sealed, with: open(["SLIPWAY_PASSPHRASE_FILE": file]), context: "test") == [1, 2, 3])
        #expect(await fault { _ = try open() } == .passphraseMissing(names: ["wrapped"]))
        #expect(await fault { _ = try open(["SLIPWAY_PASSPHRASE": "another horse"]) } == .wrongPassphrase(names: ["wrapped"]))
        let other = ["SLIPWAY_PASSPHRASE": "another horse battery"]
        #expect(await fault { _ = try await store(other).add(protection: .passphrase) } == .wrongPassphrase(names: ["wrapped"]))
        #expect(await fault { _ = try await store().add(protection: .passphrase) } == .passphraseMissing(names: ["wrapped"]))
        // A running keyring opens a second one with the passphrase that it was given.
        _ = try await store(passphrase).add(name: "second", protection: .passphrase)
        #expect(keyring.keyNames == ["wrapped", first, "second"])
        // Listing opens nothing.
        #expect(try store().list().map(\.protection) == ["passphrase", "plain", "passphrase"])
    }

    @Test func `A short passphrase is refused, and 600,000 iterations are the rule`() async throws {
        _ = try open()
        let short = ["SLIPWAY_PASSPHRASE": "elevenbytes"]
        #expect(await fault { _ = try await store(short).add(protection: .passphrase) } == .weakPassphrase(minimum: 12))
        _ = try await KeyringStore(folder: folder.path, environment: passphrase).add(protection: .passphrase)
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        #expect(text.contains("\n! pbkdf2-sha256 600000 "))
        #expect(try open(passphrase).keyNames.count == 2)
    }

    @Test func `Wrapped keys can't trade their names`() async throws {
        _ = try open()
        for name in ["aaa", "bbb"] { _ = try await store(passphrase).add(name: name, protection: .passphrase) }
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        let changed = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard line.hasPrefix("aaa ") || line.hasPrefix("bbb ") else { return String(line) }
            let body = (line.hasPrefix("aaa ") ? "bbb" : "aaa") + line.dropFirst(3).dropLast(9)
            return "\(body) \(SHA256.hex(Array(body.utf8)).prefix(8))"
        }
        try Data(changed.joined(separator: "\n").utf8).write(to: URL(filePath: path))
        #expect(chmod(path, 0o600) == 0)
        #expect(await fault { _ = try open(passphrase) } == .wrongPassphrase(names: ["bbb", "aaa"]))
    }

    @Test func `Any changed letter of a line is noticed`() async throws {
        _ = try open()
        _ = try await store(passphrase).add(name: "wrapped", protection: .passphrase)
        let text = Array(try String(contentsOf: URL(filePath: path), encoding: .utf8).utf8)
        let comment = try #require(text.firstIndex(of: UInt8(ascii: "!")))
        for position in comment..<text.count - 1 where text[position] != UInt8(ascii: "\n") {
            var changed = text
            changed[position] = changed[position] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
            try Data(changed).write(to: URL(filePath: path))
            #expect(chmod(path, 0o600) == 0)
            guard case .damaged? = await fault({ _ = try open(passphrase) }) else {
                Issue.record("the letter at \(position)")
                continue
            }
        }
    }

    // MARK: - Services

    /// A service in memory, which counts.
    private final class FakeService: KeyService {
        let scheme = "fake"
        let calls = Atomic(0)
        let refuses = Atomic(false)

        func wrap(_ key: borrowing SecretBytes, named name: String, by id: String) async throws(KeyServiceFailure) -> [UInt8] {
            Array("\(id)/\(name)/".utf8) + key.withBytes { Array($0) }
        }

        func unwrap(_ wrapped: [UInt8], named name: String, by id: String) async throws(KeyServiceFailure) -> SecretBytes {
            calls.add(1, ordering: .relaxed)
            let prefix = Array("\(id)/\(name)/".utf8)
            guard !refuses.load(ordering: .relaxed), wrapped.starts(with: prefix) else { throw KeyServiceFailure("no permission") }
            var bytes = Array(wrapped.dropFirst(prefix.count))
            return SecretBytes(wiping: &bytes)
        }
    }

    @Test func `One of a service is opened once, and only with it`() async throws {
        let service = FakeService()
        let first = try open().activeKeyName
        let id = "arn:aws:kms:eu-central-1:111122223333:key/1"
        _ = try await store(services: [service]).add(name: "far", protection: .service(scheme: "fake", id: id))
        #expect(service.calls.load(ordering: .relaxed) == 1)
        try await store().activate("far")
        let keyring = try await Keyring.open(folder: folder.path, environment: [:], services: [service])
        #expect(keyring.keyNames == ["far", first])
        let sealed = try Envelope.seal([1, 2, 3], with: keyring, context: "test")
        for _ in 0..<3 { #expect(try Envelope.open(sealed, with: keyring, context: "test") == [1, 2, 3]) }
        #expect(service.calls.load(ordering: .relaxed) == 2)
        #expect(await fault { _ = try open() } == .unknownService(name: "far", by: "fake:\(id)"))
        service.refuses.store(true, ordering: .relaxed)
        let refused = await fault { _ = try await Keyring.open(folder: folder.path, environment: [:], services: [service]) }
        #expect(refused == .service(name: "far", by: "fake:\(id)", why: "no permission"))
        // Nothing is added that the service does not open again.
        let notAdded = await fault {
            _ = try await store(services: [service]).add(name: "x", protection: .service(scheme: "fake", id: "k"))
        }
        #expect(notAdded == .service(name: "x", by: "fake:k", why: "no permission"))
        #expect(try store().list().count == 2)
    }

    @Test func `A running keyring takes up one of a service when it is refreshed`() async throws {
        let service = FakeService()
        let first = try open().activeKeyName
        let keyring = try await Keyring.open(folder: folder.path, environment: [:], services: [service])
        _ = try await store(services: [service]).add(name: "far", protection: .service(scheme: "fake", id: "k"))
        try await store().activate("far")
        // It seals with what it has until then.
        #expect(keyring.activeKeyName == first)
        try await keyring.refresh()
        #expect(keyring.keyNames == ["far", first])
    }

    @Test func `Keys of the environment are listed, and not changed`() async throws {
        let environment = ["SLIPWAY_KEYS": "main:\(String(repeating: "A", count: 43))="]
        #expect(try store(environment).list().map(\.name) == ["main"])
        #expect(await fault { _ = try await store(environment).add(protection: .plain) } == .fixed)
        #expect(await fault { try await store(environment).remove("main") } == .fixed)
        try await store(environment).activate("main")
    }
}

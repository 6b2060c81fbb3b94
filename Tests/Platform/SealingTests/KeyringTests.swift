import FoundationEssentials
import Glibc
import Sealing
import Testing

@Suite struct `The keyring` {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/keyring" }
    private let key = "main:" + String(repeating: "A", count: 43) + "="

    init() throws { folder = try TemporaryFolder() }

    private func open(_ environment: [String: String] = [:], creates: Bool = true) throws -> Keyring {
        try Keyring.open(folder: folder.path, environment: environment, createsMissing: creates)
    }

    private func fault(creates: Bool = false) throws -> KeyringFault {
        let error = #expect(throws: SealingError.self) { try open(creates: creates) }
        guard case .keyring(let place, let fault)? = error?.reason else { throw CancellationError() }
        #expect(place == path)
        return fault
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
    }

    @Test func `Is made on the first start, for its owner alone, and stays`() throws {
        let first = try open()
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(try open().keyNames == first.keyNames)
        let sealed = try Envelope.seal([1, 2, 3], with: first, context: "test")
        #expect(try Envelope.open(sealed, with: open(), context: "test") == [1, 2, 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keyring"])
    }

    @Test func `Is made once by many starts at the same time`() async throws {
        let names = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<24 { group.addTask { try Keyring.open(folder: folder.path, environment: [:]).keyNames } }
            return try await group.reduce(into: Set<[String]>()) { $0.insert($1) }
        }
        #expect(names.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keyring"])
    }

    @Test func `A missing one is said, when none is to be made`() throws {
        #expect(try fault() == .missing)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o602, 0o677] as [mode_t])
    func `One that others can read or write is refused`(mode: mode_t) throws {
        _ = try open()
        #expect(chmod(path, mode) == 0)
        #expect(try fault() == .open(mode: mode))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to give a file away"))
    func `One of another user is refused`() throws {
        _ = try open()
        #expect(chown(path, 12345, 12345) == 0)
        #expect(try fault() == .wrongOwner(user: 12345))
    }

    @Test func `A symbolic link is refused, also one that leads nowhere`() throws {
        _ = try open()
        #expect(rename(path, folder.path + "/elsewhere") == 0)
        #expect(symlink(folder.path + "/elsewhere", path) == 0)
        #expect(try fault(creates: true) == .symbolicLink)
        #expect(unlink(folder.path + "/elsewhere") == 0)
        #expect(try fault(creates: true) == .symbolicLink)
    }

    @Test func `A folder or a pipe in its place is refused`() throws {
        #expect(mkdir(path, 0o700) == 0)
        #expect(try fault() == .notAFile)
        #expect(rmdir(path) == 0)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(try fault() == .notAFile)
    }

    @Test func `A missing folder is said`() throws {
        let error = #expect(throws: SealingError.self) { try Keyring.open(folder: folder.path + "/none", environment: [:]) }
        #expect(error.map { "\($0)".contains("No such file") } == true)
    }

    @Test func `Any changed letter of a key line is noticed`() throws {
        _ = try open()
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        for position in lines[2].indices {
            let changed = lines[2].replacingCharacters(at: position, with: lines[2][position] == "x" ? "y" : "x")
            try write("\(lines[0])\n\(lines[1])\n\(changed)\n")
            #expect(try fault() == .damaged(line: 3))
        }
        try write(String(text.dropLast()))
        #expect(try fault() == .damaged(line: 3))
    }

    @Test(
        arguments: [
            ("", .empty), ("slipway-keyring 1\n", .empty), ("slipway-keyring 3\nk x y\n", .unknownVersion("3")),
            ("not a keyring\n", .damaged(line: 1)), ("slipway-keyring 1\n# note\n\nname only\n", .damaged(line: 4)),
        ] as [(String, KeyringFault)]
    )
    func `A text that is no keyring is refused`(text: String, expected: KeyringFault) throws {
        try write(text)
        #expect(try fault() == expected)
    }

    @Test func `Comes from the environment when that has keys`() throws {
        let second = "older:" + String(repeating: "A", count: 42) + "E="
        let keyring = try open(["SLIPWAY_KEYS": "\(key),\(second)"])
        #expect(keyring.keyNames == ["main", "older"])
        #expect(keyring.activeKeyName == "main")
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try open(["SLIPWAY_KEYS": ""]).keyNames.count == 1)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [
        "main", "main:", ":AAAA", "main:AAAA", "main:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "main:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ma in:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "main:!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
    func `Bad keys in the environment are refused without being shown`(text: String) throws {
        for (value, entry) in [(text, 1), ("\(key),\(text)", 2), ("\(text),\(key)", 1)] {
            let error = #expect(throws: SealingError(.keyring(place: "SLIPWAY_KEYS", .malformed(entry: entry)))) {
                try open(["SLIPWAY_KEYS": value])
            }
            #expect(error.map { !"\($0)".contains("AAAA") } == true)
        }
    }

    @Test func `A name twice is refused`() throws {
        #expect(throws: SealingError(.keyring(place: "SLIPWAY_KEYS", .duplicate(name: "main")))) {
            try open(["SLIPWAY_KEYS": "\(key),\(key)"])
        }
    }

    @Test func `Tells nothing when printed`() throws {
        let keyring = try open(["SLIPWAY_KEYS": key])
        #expect(!"\(keyring)".contains("AAAA"))
        #expect(!String(reflecting: keyring).contains("AAAA"))
    }
}

extension Substring {
    fileprivate func replacingCharacters(at position: Index, with character: Character) -> String {
        self[..<position] + String(character) + self[index(after: position)...]
    }
}

/// A folder that is removed with its last user.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appending(path: "slipway-test-" + Hexadecimal.text(try RandomBytes.make(count: 8))).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // left for the system's cleaner otherwise
}

import FoundationEssentials
import Glibc
import Host
import TestKit
import Testing

@Suite struct FileTests {
    private func inFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        return try await body(folder.path)
    }

    @Test func `what is written is read, whole and in parts`() async throws {
        try await inFolder { folder in
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            try FileSystem.write(bytes, to: "\(folder)/f", durably: true)
            #expect(try FileSystem.read("\(folder)/f") == bytes)
            #expect(try FileSystem.read("\(folder)/f", from: 199_990) == Array(bytes.suffix(10)))
            #expect(try FileSystem.read("\(folder)/f", from: 3, limit: 5) == Array(bytes[3..<8]))
            #expect(try FileSystem.read("\(folder)/f", from: 300_000) == [])
            #expect(FileFacts(of: "\(folder)/f")?.mode == 0o600)
            try FileSystem.copy("\(folder)/f", to: "\(folder)/g", mode: 0o500)
            #expect(try FileSystem.read("\(folder)/g") == bytes)
            #expect(try FileSystem.names(in: folder) == ["f", "g"])
        }
    }

    @Test func `files of proc, which claim to be empty, are read whole`() throws {
        #expect(try FileSystem.read("/proc/self/status").count > 500)
    }

    @Test func `a tree is removed with its read-only folders, and links are not followed`() async throws {
        try await inFolder { folder in
            try FileSystem.makeFolder("\(folder)/tree/a/b")
            try FileSystem.write([1], to: "\(folder)/kept")
            try FileSystem.write([1], to: "\(folder)/tree/a/b/c")
            try FileSystem.makeLink(at: "\(folder)/tree/a/out", to: "../../kept")
            try FileSystem.makeLink(at: "\(folder)/tree/up", to: "..")
            try FileSystem.setMode(0o500, of: "\(folder)/tree/a/b")
            try FileSystem.setMode(0o500, of: "\(folder)/tree/a")
            try FileSystem.removeTree("\(folder)/tree")
            try FileSystem.removeTree("\(folder)/tree")
            #expect(try FileSystem.names(in: folder) == ["kept"])
        }
    }

    @Test func `a missing file says what was tried on it`() {
        let error = #expect(throws: HostError.self) { try FileSystem.read("/nowhere/x") }
        #expect(error?.description == "can't read /nowhere/x: No such file or directory")
        #expect(error?.isMissing == true)
    }

    @Test func `a lock excludes, shared ones don't exclude each other, and a released one is free`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/lock"
            let held = try #require(try FileLock.take(path))
            #expect(try FileLock.take(path) == nil)
            #expect(try FileLock.take(path, .shared) == nil)
            async let waiting = FileLock.wait(path, .shared)
            held.release()
            let shared = try await waiting
            let second = try #require(try FileLock.take(path, .shared))
            #expect(try FileLock.take(path) == nil)
            shared.release()
            second.release()
            #expect(try FileLock.take(path) != nil)
        }
    }

    @Test func `a child does not inherit a lock`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/lock"
            var held = try FileLock.take(path)
            let child = try ChildProcess.start(.init("/bin/sleep", ["300"]))
            defer { child.signal(SIGKILL) }
            #expect(held != nil)
            held = nil
            #expect(try FileLock.take(path) != nil)
        }
    }

    @Test func `memory-backed storage is known`() throws {
        #expect(try FolderStorage(of: "/proc").isMemoryBacked == false)
        #expect(throws: HostError.self) { try FolderStorage(of: "/nowhere") }
    }
}

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

@Suite struct ProcessTableTests {
    @Test func `a child is found below its parent, with its name, arguments and environment`() async throws {
        let child = try ChildProcess.start(.init("/bin/sh", ["-c", "sleep 300 & wait"], environment: ["MARK": "x", "PATH": "/bin"]))
        defer { child.signal(SIGKILL, group: true) }
        try await within(.seconds(10), "the grandchild") {
            while ProcessTable.tree(child.pid).count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(ProcessTable.name(child.pid) == "sh")
        #expect(ProcessTable.arguments(child.pid) == ["/bin/sh", "-c", "sleep 300 & wait"])
        #expect(ProcessTable.environment(child.pid).contains("MARK=x"))
        #expect(ProcessTable.parent(child.pid) == getpid())
        #expect(ProcessTable.tree(getpid()).contains(child.pid))
        let grandchild = try #require(ProcessTable.children(child.pid).first)
        #expect(ProcessTable.parent(grandchild) == child.pid)
        #expect(ProcessTable.processorTime(getpid()).map { $0 > .zero } == true)
        #expect(ProcessTable.all().contains(grandchild))
    }

    @Test func `a handle outlives its process and then hits nobody`() async throws {
        let child = try ChildProcess.start(.init("/bin/sleep", ["300"]))
        let handle = try #require(ProcessHandle(child.pid))
        #expect(!handle.hasEnded)
        #expect(handle.signal(SIGKILL))
        _ = await child.wait()
        #expect(await handle.waitForEnd(limit: .seconds(5)))
        #expect(!handle.signal(SIGKILL))
        #expect(ProcessHandle(child.pid) == nil)
    }

    @Test func `kills for want of memory can be counted`() {
        #expect(OutOfMemoryKills.count() >= 0)
    }

    @Test func `bytes handed over in memory are read by the child`() async throws {
        var command = ChildProcess.Command("/bin/sh", ["-c", "cat <&3"], environment: ["PATH": "/bin"])
        command.inherited = [.memory(try MemoryFile(Array("secret".utf8)))]
        #expect(try await ChildProcess.run(command).text == "secret")
    }
}

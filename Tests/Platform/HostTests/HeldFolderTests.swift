import Glibc
import TestKit
import Testing

@testable import Host

/// What others can do to a folder between two looks at it.
@Suite struct HeldFolderTests {
    private func inFolder(_ body: (HeldFolder, String) throws -> Void) throws {
        // With openat2(2) and without.
        for takesSteps in [false, true] {
            let temporary = try TemporaryFolder()
            defer { try? FileSystem.removeTree(temporary.path) }
            try FileSystem.makeFolder("\(temporary.path)/held/sub")
            try FileSystem.write([7], to: "\(temporary.path)/secret")
            let held = try HeldFolder(opening: "\(temporary.path)/held")
            try body(takesSteps ? try held.takingSteps() : held, temporary.path)
        }
    }

    private func foreign(_ body: () throws -> Void) -> Bool {
        do { try body() } catch let error as HostError { return error.isForeign } catch { return false }
        return false
    }

    @Test func `plain files are read and written, and a missing one is nil`() throws {
        try inFolder { held, path in
            try held.write([1, 2, 3], to: "sub/a")
            #expect(try held.read("sub/a", limit: 3) == [1, 2, 3])
            #expect(try held.read("sub/b", limit: 3) == nil)
            #expect(FileFacts(of: "\(path)/held/sub/a")?.mode == 0o600)
            try held.replace("sub/a", with: [4])
            #expect(try held.read("sub/a", limit: 1) == [4] && held.facts("sub/a")?.byteCount == 1)
            let error = #expect(throws: HostError.self) { try held.read("sub/a", limit: 0) }
            #expect(error?.errno == EFBIG)
        }
    }

    @Test(arguments: ["../secret", "link", "sub/link", "way/secret", "magic"])
    func `no link is followed, nowhere on the way`(name: String) throws {
        try inFolder { held, path in
            try FileSystem.makeLink(at: "\(path)/held/link", to: "../secret")
            try FileSystem.makeLink(at: "\(path)/held/sub/link", to: "\(path)/secret")
            try FileSystem.makeLink(at: "\(path)/held/way", to: "..")
            try FileSystem.makeLink(at: "\(path)/held/magic", to: "/proc/self/root\(path)/secret")
            #expect(foreign { _ = try held.read(name, limit: 10) })
            #expect(try FileSystem.read("\(path)/secret") == [7])
        }
    }

    @Test func `a pipe, a socket, a device and a folder in a file's place are refused at once`() throws {
        try inFolder { held, path in
            mkfifo("\(path)/held/pipe", 0o600)
            #expect(foreign { _ = try held.read("pipe", limit: 10) })
            #expect(foreign { _ = try held.read("sub", limit: 10) })
            if geteuid() == 0 {
                mknod("\(path)/held/zero", S_IFCHR | 0o600, dev_t(1 << 8 | 5))
                #expect(foreign { _ = try held.read("zero", limit: 10) })
            }
        }
    }

    @Test func `a second name of somebody's file, and another user's file, are refused`() throws {
        try inFolder { held, path in
            link("\(path)/secret", "\(path)/held/second")
            #expect(foreign { _ = try held.read("second", limit: 10) })
            try held.write([1], to: "mine")
            let other = try HeldFolder(opening: "\(path)/held", owner: FileOwner(user: geteuid() + 1, group: getegid()))
            #expect(foreign { _ = try other.read("mine", limit: 10) })
        }
    }

    @Test func `writing replaces a link and doesn't write through it`() throws {
        try inFolder { held, path in
            try FileSystem.makeLink(at: "\(path)/held/a", to: "../secret")
            try held.write([1], to: "a")
            #expect(try FileSystem.read("\(path)/secret") == [7] && held.read("a", limit: 1) == [1])
            try FileSystem.makeLink(at: "\(path)/held/way", to: "..")
            #expect(throws: HostError.self) { try held.write([1], to: "way/secret") }
            #expect(throws: HostError.self) { try held.remove("way/secret") }
            try held.remove("way")
            #expect(try FileSystem.read("\(path)/secret") == [7])
        }
    }

    @Test func `it stays the folder that was opened, whatever has its name`() throws {
        try inFolder { held, path in
            try FileSystem.rename("\(path)/held", to: "\(path)/moved")
            try FileSystem.makeLink(at: "\(path)/held", to: path)
            try held.write([1], to: "a")
            #expect(try FileSystem.names(in: "\(path)/moved").contains("a"))
            #expect(throws: HostError.self) { try HeldFolder(opening: "\(path)/held") }
        }
    }

    @Test func `a tree of 30,000 levels is removed with a handful of descriptors, and counted as too deep`() throws {
        try inFolder { held, path in
            let start = open("\(path)/held/sub", O_RDONLY | O_DIRECTORY)
            var folder = start
            for _ in 0..<30_000 {
                mkdirat(folder, "d", 0o700)
                let next = openat(folder, "d", O_RDONLY | O_DIRECTORY)
                close(folder)
                folder = next
            }
            close(openat(folder, "file", O_CREAT | O_WRONLY, 0o600))
            close(folder)
            #expect(held.usedBytes(atMost: 1 << 30) == .max)
            var (before, limit) = (rlimit(), rlimit())
            getrlimit(__rlimit_resource_t(7), &before)
            limit = before
            #expect(limit.rlim_cur >= 64)
            try held.remove("sub")
            #expect(!held.exists("sub"))
        }
    }

    @Test func `read-only folders, full of folders that nobody may look into, are removed`() throws {
        try inFolder { held, path in
            for name in ["a", "a/b", "a/b/c", "a/e"] {
                try FileSystem.makeFolder("\(path)/held/sub/\(name)")
                try FileSystem.write([1], to: "\(path)/held/sub/\(name)/file")
            }
            for name in ["a/b/c", "a/b", "a/e", "a"] { try FileSystem.setMode(0, of: "\(path)/held/sub/\(name)") }
            try FileSystem.removeTree("\(path)/held/sub")
            #expect(try held.names().isEmpty)
        }
    }

    @Test func `what is used is counted, links not followed`() throws {
        try inFolder { held, path in
            try FileSystem.write([UInt8](repeating: 1, count: 1 << 20), to: "\(path)/held/sub/big")
            try FileSystem.makeLink(at: "\(path)/held/sub/around", to: "..")
            let used = held.usedBytes(atMost: .max)
            #expect(used > 1 << 20 && used < 2 << 20, "\(used)")
        }
    }
}

import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Remote

@Suite struct FolderStoreTests {
    @Test func `files and folders are private to this user`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let root = folder.path + "/store"
        let store = try await FolderStore.open(root)
        try await store.put([1], at: try ObjectKey("a/b"))
        for path in [root, root + "/a", root + "/.incoming"] { #expect(FileFacts(of: path)?.mode == 0o700, "\(path)") }
        #expect(FileFacts(of: root + "/a/b")?.mode == 0o600)
    }

    @Test func `nothing half-written is seen or left behind`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try await FolderStore.open(folder.path)
        try await store.put([1], at: try ObjectKey("a"))
        // A file is where a folder would have to be: the put fails after its temporary file was written.
        let error = await #expect(throws: RemoteError.self) { try await store.put([2], at: try ObjectKey("a/b")) }
        guard case .folder(let cause) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.path.hasSuffix("/a/b"))
        #expect(try FileSystem.names(in: folder.path + "/.incoming").isEmpty)
        #expect(try await store.list(prefix: "", from: nil, limit: 10).objects.map(\.key.text) == ["a"])
    }

    @Test func `what a crash left is removed after a day, not before`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        _ = try await FolderStore.open(folder.path)
        let (old, fresh) = (folder.path + "/.incoming/old", folder.path + "/.incoming/fresh")
        for path in [old, fresh] { try FileSystem.write([1], to: path) }
        try FileManager.default.setAttributes([.modificationDate: Date.now.addingTimeInterval(-100_000)], ofItemAtPath: old)
        _ = try await FolderStore.open(folder.path)
        #expect(!FileSystem.exists(old))
        #expect(FileSystem.exists(fresh))
    }

    @Test func `foreign files and links are no objects`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try await FolderStore.open(folder.path)
        try FileSystem.write([1], to: folder.path + "/.hidden")
        try FileSystem.makeLink(at: folder.path + "/link", to: "/etc/passwd")
        try FileSystem.makeLink(at: folder.path + "/loop", to: ".")
        #expect(try await store.list(prefix: "", from: nil, limit: 10).objects.isEmpty)
        #expect(try await store.get(try ObjectKey("link"), limit: 1 << 20) == nil)
    }

    @Test func `a folder that can't be made is an error that names it`() async throws {
        let error = await #expect(throws: RemoteError.self) { try await FolderStore.open("/proc/no/such") }
        #expect("\(String(describing: error))".contains("/proc/no"))
    }

    @Test(arguments: ["", "/a", "a/", "a//b", ".", "..", "a/../b", ".a", "a/.b", "a\nb", "a\0b", String(repeating: "x", count: 201)])
    func `a name that isn't the same everywhere is refused`(name: String) {
        let error = #expect(throws: RemoteError.self) { try ObjectKey(name) }
        guard case .badKey = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

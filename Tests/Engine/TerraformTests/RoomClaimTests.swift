import Host
import Synchronization
import Terraform
import TestKit
import Testing

@testable import Terraform

@Suite struct `Room for runs` {
    private func withRoot(_ body: (WorkspaceRoot) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await body(WorkspaceRoot(path: "\(folder.path)/runs", isMemoryBacked: false))
    }

    private func claim(_ bytes: Int, in root: WorkspaceRoot) async throws -> RoomClaim? {
        if case .taken(let claim) = try await RoomClaim.take(bytes, in: root) { claim } else { nil }
    }

    @Test func `what one run was promised no other gets, until it is released`() async throws {
        try await withRoot { root in
            try FileSystem.makeFolder(root.path)
            let storage = try FolderStorage(of: root.path)
            // All but a little of what is free, in pieces: each at most half of the storage.
            var held: [RoomClaim] = []
            while let claim = try await claim(min(storage.totalBytes / 2, max(storage.freeBytes / 3, RoomClaim.least)), in: root) {
                held.append(claim)
                try #require(held.count < 50)
            }
            #expect(held.count >= 2)
            #expect(RoomClaim.promised(in: root) == held.reduce(0) { $0 + $1.byteCount })
            guard case .short(let shortage) = try await RoomClaim.take(storage.freeBytes, in: root) else {
                Issue.record("room was promised twice")
                return
            }
            #expect(shortage.others == held.count && shortage.free < shortage.needed)
            #expect(shortage.sentence(root).contains("beside what"))
            held.removeLast().release()
            #expect(try await claim(storage.freeBytes / 4, in: root) != nil)
            for claim in held { claim.release() }
        }
    }

    @Test func `a claim ends with its process, and a small run's is never less than the least`() async throws {
        try await withRoot { root in
            let first = try #require(try await claim(1, in: root))
            #expect(first.byteCount == RoomClaim.least)
            // As a process leaves it that was killed: the file without its lock.
            try FileSystem.write(Array("999999999999999".utf8), to: "\(root.claims)/dead")
            #expect(RoomClaim.promised(in: root) == 999_999_999_999_999 + RoomClaim.least)
            let second = try #require(try await claim(1, in: root))
            #expect(RoomClaim.promised(in: root) == 2 * RoomClaim.least)
            first.release()
            second.release()
            #expect(RoomClaim.promised(in: root) == 0)
            #expect(try FileSystem.names(in: root.claims) == ["turn"])
        }
    }

    @Test func `many that ask at once get no more than there is`() async throws {
        try await withRoot { root in
            try FileSystem.makeFolder(root.path)
            let third = try FolderStorage(of: root.path).freeBytes / 3
            let most = try FolderStorage(of: root.path).totalBytes / 2
            let taken = try await withThrowingTaskGroup(of: RoomClaim?.self) { group in
                for _ in 0..<12 { group.addTask { try await self.claim(min(third, most), in: root) } }
                var taken: [RoomClaim] = []
                for try await claim in group { if let claim { taken.append(claim) } }
                return taken
            }
            #expect(taken.reduce(0) { $0 + $1.byteCount } <= 3 * third + third / 10)
            #expect(taken.count < 12)
            for claim in taken { claim.release() }
        }
    }

    @Test func `a claim that is no number counts for nothing`() async throws {
        try await withRoot { root in
            let claim = try #require(try await claim(1, in: root))
            for text in ["", "-5", "9223372036854775808", "x"] {
                try FileSystem.write(Array(text.utf8), to: "\(root.claims)/odd")
                #expect(RoomClaim.promised(in: root) == RoomClaim.least)
            }
            claim.release()
        }
    }
}

internal import FoundationEssentials
internal import Glibc
internal import Host

/// Objects as files below a folder: private to this user, written whole or not at all, and on the disk when a put returns.
package final class FolderStore: ObjectStore {
    /// Where files are written before they get their name; no key begins with a dot.
    private static let incoming = ".incoming"

    private let root: String
    private let lanes = BlockingLanes(label: "folder store", count: 2)

    package var place: String { "file://\(root)" }

    private init(root: String) { self.root = root }

    /// Opens a store and makes its folder when it is missing.
    ///
    /// - Throws: ``RemoteError/Reason/folder(_:)`` when it can't be made or written.
    package static func open(_ path: String) async throws(RemoteError) -> FolderStore {
        var root = path
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        let store = FolderStore(root: root)
        try await store.lanes.run { () throws(RemoteError) in try store.prepare() }
        return store
    }

    @discardableResult
    package func put(_ bytes: [UInt8], at key: ObjectKey) async throws(RemoteError) -> PutCheck {
        try await lanes.run { () throws(RemoteError) in
            try translating { () throws(HostError) in
                let temporary = "\(self.root)/\(Self.incoming)/\(UUID().uuidString)"
                do throws(HostError) {
                    try FileSystem.write(bytes, to: temporary, durably: true)
                    try self.place(temporary, at: key)
                } catch {
                    // The first error matters more than a leftover, which the next opening removes.
                    try? FileSystem.removeFile(temporary)
                    throw error
                }
            }
            return .synced
        }
    }

    package func get(_ key: ObjectKey, limit: Int) async throws(RemoteError) -> [UInt8]? {
        try await lanes.run { () throws(RemoteError) in try self.read(key, limit: limit) }
    }

    package func head(_ key: ObjectKey) async throws(RemoteError) -> StoredObject? {
        try await lanes.run { () throws(RemoteError) in self.facts(of: key) }
    }

    package func delete(_ key: ObjectKey) async throws(RemoteError) {
        try await lanes.run { () throws(RemoteError) in
            try translating { () throws(HostError) in
                guard self.facts(of: key) != nil else { return }
                try FileSystem.removeFile(self.path(of: key))
                try FileSystem.sync(folder: self.folder(of: key))
            }
        }
    }

    package func list(prefix: String, from position: ObjectPage.Position?, limit: Int) async throws(RemoteError) -> ObjectPage {
        try await lanes.run { () throws(RemoteError) in
            var walk = FolderWalk(root: self.root, prefix: prefix, after: position?.text, limit: max(1, limit))
            return try translating { () throws(HostError) in try walk.page() }
        }
    }

    // MARK: - Details

    private func path(of key: ObjectKey) -> String { "\(root)/\(key.text)" }

    private func folder(of key: ObjectKey) -> String {
        let path = path(of: key)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    private func prepare() throws(RemoteError) {
        try translating { () throws(HostError) in
            let incoming = "\(self.root)/\(Self.incoming)"
            try Self.makeDurableFolder(incoming)
            // Left by a crash: nobody writes for a day. Another process may remove it first.
            for name in try FileSystem.names(in: incoming) {
                let path = "\(incoming)/\(name)"
                if let facts = FileFacts(of: path), facts.modifiedAt < Date.now.addingTimeInterval(-86400) {
                    try FileSystem.removeFile(path)
                }
            }
        }
    }

    private func place(_ temporary: String, at key: ObjectKey) throws(HostError) {
        let folder = folder(of: key)
        try Self.makeDurableFolder(folder)
        do throws(HostError) {
            try FileSystem.rename(temporary, to: path(of: key))
        } catch {
            // The name that tells somebody something.
            throw HostError(errno: error.errno, doing: "write", path: path(of: key))
        }
        try FileSystem.sync(folder: folder)
    }

    /// Makes a folder and those above it, each on the disk before anything is put into it.
    private static func makeDurableFolder(_ path: String) throws(HostError) {
        guard !FileSystem.exists(path), let slash = path.lastIndex(of: "/") else { return }
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        try makeDurableFolder(parent)
        try FileSystem.makeFolder(path)
        try FileSystem.sync(folder: parent)
    }

    private func read(_ key: ObjectKey, limit: Int) throws(RemoteError) -> [UInt8]? {
        guard let facts = facts(of: key) else { return nil }
        guard facts.byteCount <= limit else { throw RemoteError(.tooLarge(limit: limit)) }
        do throws(HostError) {
            let bytes = try FileSystem.read(path(of: key), limit: limit < .max ? limit + 1 : limit)
            guard bytes.count <= limit else { throw HostError(errno: EFBIG, doing: "read", path: path(of: key)) }
            return bytes
        } catch {
            if error.isMissing { return nil }
            throw error.errno == EFBIG ? RemoteError(.tooLarge(limit: limit)) : RemoteError(.folder(error))
        }
    }

    private func facts(of key: ObjectKey) -> StoredObject? {
        guard let facts = FileFacts(of: path(of: key)), facts.kind == .file else { return nil }
        return StoredObject(key: key, byteCount: facts.byteCount, modifiedAt: facts.modifiedAt)
    }
}

extension FileFacts {
    var modifiedAt: Date { Date(timeIntervalSince1970: Double(modified) / 1e9) }
}

/// Runs calls to the file system, with their error as ``RemoteError/Reason/folder(_:)``.
private func translating<T>(_ body: () throws(HostError) -> T) throws(RemoteError) -> T {
    do throws(HostError) { return try body() } catch { throw RemoteError(.folder(error)) }
}

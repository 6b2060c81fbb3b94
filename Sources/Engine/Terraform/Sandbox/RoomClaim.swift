internal import FoundationEssentials
package import Host

/// Room that is kept for one run where runs work, so that none begins that others leave no room for its state.
///
/// All processes that share a ``WorkspaceRoot`` see each other's claims: files that their owners hold locked, each with its number of bytes.
package final class RoomClaim: Sendable {
    private let lock: FileLock
    /// In bytes.
    package let byteCount: Int

    private init(lock: FileLock, byteCount: Int) {
        self.lock = lock
        self.byteCount = byteCount
    }

    /// What there is, when it isn't enough.
    package struct Shortage: Sendable, Hashable {
        /// Bytes that are free and nobody was promised.
        package let free: Int
        package let needed: Int
        /// How many other runs hold claims.
        package let others: Int

        /// For people, without its full stop.
        package func sentence(_ root: WorkspaceRoot) -> String {
            let whose = others == 0 ? "" : " beside what \(others == 1 ? "another run" : "\(others) other runs") may still need"
            return "Waiting for room: this run needs \(needed >> 20) MiB in \(root.path), and \(max(0, free) >> 20) MiB are free\(whose)"
        }
    }

    package enum Answer: Sendable {
        case taken(RoomClaim)
        case short(Shortage)
    }

    /// Claims room for a run, once all others have what they were promised.
    ///
    /// - Parameters:
    ///   - bytes: How much; at least ``least``, and no more than half of what the storage holds at all.
    ///   - root: Where the run is to work.
    /// - Returns: The claim, which lasts until it is released or this process ends; or what is missing.
    /// - Throws: ``HostError``
    package static func take(_ bytes: Int, in root: WorkspaceRoot) async throws(HostError) -> Answer {
        try FileSystem.makeFolder(root.path)
        try FileSystem.makeFolder(root.claims)
        // One at a time: two that look at the same moment would both find the last of it.
        let turn = try await FileLock.wait("\(root.claims)/\(turnName)")
        defer { turn.release() }
        let storage = try FolderStorage(of: root.path)
        let needed = min(max(bytes, least), max(least, storage.totalBytes / 2))
        let claims = try sweep(root)
        let free = storage.freeBytes - claims.reduce(0, +)
        guard free >= needed else { return .short(Shortage(free: free, needed: needed, others: claims.count)) }
        let path = "\(root.claims)/\(UUID().uuidString)"
        guard let lock = try FileLock.take(path) else { throw HostError(errno: 11, doing: "lock", path: path) }
        try FileSystem.write(Array("\(needed)".utf8), to: path)
        return .taken(RoomClaim(lock: lock, byteCount: needed))
    }

    /// What all runs were promised, in bytes; that of a process which died counts until the next one is taken.
    static func promised(in root: WorkspaceRoot) -> Int {
        // Without the folder nobody was promised anything.
        ((try? FileSystem.names(in: root.claims)) ?? []).reduce(0) { $0 + (size("\(root.claims)/\($1)") ?? 0) }
    }

    /// Gives the room to others.
    package func release() {
        // One that can't be removed is free as soon as its lock is.
        try? FileSystem.removeFile(lock.path)
        lock.release()
    }

    /// What a run with a small source and a small state needs, in bytes.
    package static let least = 32 << 20
    private static let turnName = "turn"

    /// Removes the claims of processes that are gone.
    ///
    /// - Returns: The bytes of the others.
    private static func sweep(_ root: WorkspaceRoot) throws(HostError) -> [Int] {
        var sizes: [Int] = []
        for name in try FileSystem.names(in: root.claims) where name != turnName {
            let path = "\(root.claims)/\(name)"
            if let lock = try FileLock.take(path) {
                try FileSystem.removeFile(path)
                lock.release()
            } else {
                sizes.append(size(path) ?? least)
            }
        }
        return sizes
    }

    private static func size(_ path: String) -> Int? {
        // One that has been released meanwhile, or isn't written yet.
        guard let bytes = try? FileSystem.read(path, limit: 32) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self)).map { min(max($0, 0), 1 << 50) }
    }
}

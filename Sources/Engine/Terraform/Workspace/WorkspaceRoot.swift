internal import FoundationEssentials
package import Host
internal import Sealing

/// The private folder in which workspaces are made.
package struct WorkspaceRoot: Sendable, Hashable {
    /// What a run may need at the same time: the largest source, a state, a plan, modules.
    package static let roomNeeded = 192 << 20

    package let path: String
    /// Else state and variables are on a disk while a run lasts.
    package let isMemoryBacked: Bool
    /// Whom the runs' own folders belong to; nil is this user.
    package private(set) var owner: FileOwner?
    /// The folder of the ``RoomClaim``s.
    let claims: String

    /// A folder that exists already or will be made; without one of its own, the folder of the claims is beside it.
    package init(path: String, isMemoryBacked: Bool, owner: FileOwner? = nil, claims: String? = nil) {
        self.path = path
        self.claims = claims ?? "\(path).claims"
        self.isMemoryBacked = isMemoryBacked
        self.owner = owner
    }

    /// The same, for runs of another user.
    package func owned(by owner: FileOwner?) -> WorkspaceRoot {
        var root = self
        root.owner = owner
        return root
    }

    /// The folder itself, open; made when it is missing.
    func opened() throws(HostError) -> HeldFolder {
        try FileSystem.makeFolder(path)
        return try HeldFolder(opening: path)
    }

    /// What is in it, by name; nothing when it is missing.
    func names() throws(HostError) -> [String] { FileSystem.exists(path) ? try FileSystem.names(in: path) : [] }

    /// Said at start.
    package var sentence: String {
        isMemoryBacked
            ? "runs work in memory (\(path))"
            : "there is no memory-backed storage with enough room: runs work on disk (\(path)), "
                + "where state and variables lie open while a run lasts"
    }

    /// Chooses and makes the folder: on `/dev/shm`, else on `$XDG_RUNTIME_DIR`, else `runs/` in the data folder.
    ///
    /// Its name is made from the data folder's path and the database's place, so that a later process finds what an earlier one left, and
    /// none takes what belongs to the jobs of another database.
    ///
    /// - Parameters:
    ///   - dataFolder: Exists, absolute.
    ///   - database: Where the database is, without secrets, when it is not in the data folder.
    ///   - environment: For `XDG_RUNTIME_DIR`.
    ///   - candidates: Instead of the usual two.
    /// - Returns: The folder, private to this user.
    /// - Throws: ``TerraformError`` when not even the data folder can be written.
    package static func choose(
        dataFolder: String,
        database: String? = nil,
        environment: [String: String],
        candidates: [String]? = nil
    ) throws(TerraformError) -> WorkspaceRoot {
        let resolved = FileSystem.resolved(dataFolder) ?? dataFolder
        // Of all databases: they share the storage.
        let claims = "\(resolved)/claims"
        let name = "slipway-" + SHA256.hex(Array((resolved + (database.map { "\n\($0)" } ?? "")).utf8)).prefix(16)
        for parent in candidates ?? ["/dev/shm", environment["XDG_RUNTIME_DIR"] ?? ""] where parent.hasPrefix("/") {
            // A candidate that is missing, full or forbidden is passed over: the next one will do.
            guard let storage = try? FolderStorage(of: parent), storage.isMemoryBacked else { continue }
            let path = "\(parent)/\(name)"
            // A folder that is there already may hold leftovers: it is used even when little room is left.
            guard storage.freeBytes >= roomNeeded || FileSystem.exists(path) else { continue }
            if (try? FileSystem.makeFolder(path)) != nil, isPrivate(path) {
                return WorkspaceRoot(path: path, isMemoryBacked: true, claims: claims)
            }
        }
        let path = "\(resolved)/runs" + (database.map { "-" + SHA256.hex(Array($0.utf8)).prefix(16) } ?? "")
        try attempt { () throws(HostError) in
            try FileSystem.makeFolder(path)
            try FileSystem.setMode(0o700, of: path)
        }
        let storage = try attempt { () throws(HostError) in try FolderStorage(of: path) }
        return WorkspaceRoot(path: path, isMemoryBacked: storage.isMemoryBacked, claims: claims)
    }

    /// Anyone may make a folder of that name in `/dev/shm` before us, and wait for state to be put in it.
    private static func isPrivate(_ path: String) -> Bool {
        guard let facts = FileFacts(of: path) else { return false }
        return facts.kind == .folder && facts.owner == CurrentUser.id && facts.mode & 0o077 == 0
    }
}

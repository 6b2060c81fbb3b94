internal import FoundationEssentials
internal import Host

/// A folder on the store's disk for what one `init` downloads; it belongs to this process until it is removed.
///
/// ```
/// UUID.lock         held as long as the process lives: what nobody holds is removed by whoever next looks after the store
/// UUID/providers/   laid out as a mirror
/// UUID/tmp/         for Terraform's temporary files
/// ```
struct DownloadFolder: Sendable {
    let path: String
    /// The run may write in it: what is put there goes this way.
    let folder: HeldFolder
    private let lock: FileLock

    private var lockPath: String { "\(path).lock" }

    /// Makes one below a folder, for whoever `init` runs as.
    init(in parent: String, owner: FileOwner?) throws(HostError) {
        while true {
            let path = "\(parent)/\(UUID().uuidString.lowercased())"
            // Whoever tidies up may have taken it for abandoned in the moment between its making and its locking.
            guard let lock = try FileLock.take("\(path).lock"), FileSystem.exists("\(path).lock") else { continue }
            folder = try HeldFolder.make(path, owner: owner)
            for part in ["tmp", "providers"] { try folder.makeNewFolder(part) }
            self.path = path
            self.lock = lock
            return
        }
    }

    /// Removes it with everything in it; what resists is removed by whoever next looks after the store.
    func remove() {
        defer { lock.release() }
        guard (try? FileSystem.removeTree(path)) != nil else { return }
        try? FileSystem.removeFile(lockPath)
    }

    /// Removes what processes left that died, and what earlier versions left, which locked nothing: that after a day.
    static func removeAbandoned(in parent: String) throws(HostError) {
        for name in try FileSystem.names(in: parent) {
            let path = "\(parent)/\(name)"
            if name.hasSuffix(".lock") {
                guard let lock = try FileLock.take(path) else { continue }
                defer { lock.release() }
                try FileSystem.removeTree(String(path.dropLast(".lock".count)))
                try FileSystem.removeFile(path)
            } else if !FileSystem.exists("\(path).lock"), let facts = FileFacts(of: path),
                Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 > 86_400
            {
                try FileSystem.removeTree(path)
            }
        }
    }
}

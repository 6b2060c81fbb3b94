internal import Dispatch
internal import Glibc
internal import Host
internal import Synchronization

/// Doorbells between the processes that share a SQLite file: a folder beside it with one empty file per channel.
///
/// Ringing opens the channel's file for writing and closes it again, which inotify tells everybody who watches the folder.
final class SQLiteBells: Sendable {
    private let folder: String
    private let doorbells = Doorbells()
    /// Begun with the first listener; nil inside when the folder can't be watched: then bells ring in this process only.
    private let watcher = Mutex<DirectoryWatcher??>(nil)

    init(path: String) { folder = path + "-bells" }

    func listen(_ channel: String) -> AsyncStream<Void> {
        let stream = doorbells.listen(channel)
        watcher.withLock { watcher in
            if watcher == nil { watcher = .some(watch()) }
        }
        return stream
    }

    var changes: UInt64 { doorbells.changes }

    /// A transaction is over, and rings these.
    func committed(_ channels: [String]) {
        doorbells.countChange()
        if !channels.isEmpty { ring(channels) }
    }

    private func ring(_ channels: [String]) {
        let isWatching = watcher.withLock { $0.flatMap(\.self) != nil }
        for channel in channels {
            touch(channel)
            // The kernel tells this process too when it watches.
            if !isWatching { doorbells.ring(channel) }
        }
    }

    func close() {
        watcher.withLock { $0 = .some(nil) }
        doorbells.close()
    }

    private func watch() -> DirectoryWatcher? {
        mkdir(folder, 0o700)
        let doorbells = doorbells
        // Without a watcher a listener still looks now and then; nothing is lost but time.
        return try? DirectoryWatcher(folder: folder, queue: DispatchQueue(label: "sqlite doorbells")) { name in
            if let name { doorbells.ring(name) } else { doorbells.ringAll() }
        }
    }

    private func touch(_ channel: String) {
        let file = "\(folder)/\(channel)"
        var descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == ENOENT {
            mkdir(folder, 0o700)
            descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        }
        // Opened for writing and closed is enough for IN_CLOSE_WRITE; a full disk can't prevent it once the file is there.
        if descriptor >= 0 { Glibc.close(descriptor) }
    }
}

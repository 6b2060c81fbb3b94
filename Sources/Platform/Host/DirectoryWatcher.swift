package import Dispatch

/// Tells which files in one folder were written, made, moved in or deleted, as the kernel reports it (inotify).
///
/// All watchers of a process share one inotify instance, of which a user has few.
///
/// - SeeAlso: inotify(7)
package final class DirectoryWatcher: Sendable {
    private let inotify: Inotify
    private let registration: Inotify.Registration

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - folder: Must exist.
    ///   - queue: Where `onChange` is called, serially; a last call may come while the watcher is being given up.
    ///   - onChange: The name of the file inside the folder, or nil when the kernel's queue overflowed: look at everything.
    /// - Throws: ``HostError`` when the folder is missing or the user's inotify limit is reached.
    package init(
        folder: String,
        queue: DispatchQueue,
        onChange: @escaping @Sendable (String?) -> Void
    ) throws(HostError) {
        inotify = try Inotify.shared()
        registration = try inotify.add(folder, queue, onChange)
    }

    deinit { inotify.remove(registration) }
}

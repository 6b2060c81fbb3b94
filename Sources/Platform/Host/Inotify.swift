internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// The one inotify instance of this process, shared by every ``DirectoryWatcher``.
///
/// A user may have 128 instances by default and tens of thousands of watches: with an instance per watcher, a busy worker's
/// sixtieth run could not be followed.
final class Inotify: @unchecked Sendable {
    // @unchecked: the watch is set once, in shared(); all else is behind the mutex.
    private struct Listener {
        let number: Int
        let queue: DispatchQueue
        let onChange: @Sendable (String?) -> Void
    }

    private struct State {
        /// By watch descriptor: the kernel gives a folder that is watched twice the same one.
        var listeners: [Int32: [Listener]] = [:]
        var lastNumber = 0
    }

    /// Who listens to what; to be given back to ``remove(_:)``.
    struct Registration: Sendable {
        fileprivate let watch: Int32
        fileprivate let number: Int
    }

    private static let instance = Mutex<Inotify?>(nil)

    private let descriptor: Int32
    private var watch: ReadWatch?
    private let state = Mutex(State())

    /// The instance, made with the first call; a failure is not remembered.
    static func shared() throws(HostError) -> Inotify {
        let result = instance.withLock { instance -> Result<Inotify, HostError> in
            if let instance { return .success(instance) }
            let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
            guard descriptor >= 0 else { return .failure(HostError(errno: errno, doing: "watch", path: "folders (inotify)")) }
            let made = Inotify(descriptor: descriptor)
            do throws(HostError) {
                made.watch = try ReadWatch(descriptor: descriptor, queue: DispatchQueue(label: "slipway.inotify")) { [unowned made] in
                    made.deliver()
                }
            } catch {
                close(descriptor)
                return .failure(error)
            }
            instance = made
            return .success(made)
        }
        return try result.get()
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Listens to a folder.
    func add(
        _ folder: String,
        _ queue: DispatchQueue,
        _ onChange: @escaping @Sendable (String?) -> Void
    ) throws(HostError) -> Registration {
        let mask = UInt32(IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE)
        // Under the lock: a removal of the same folder's last listener must not take away the watch that was just given again.
        let result = state.withLock { state -> Result<Registration, HostError> in
            let watch = inotify_add_watch(descriptor, folder, mask)
            guard watch >= 0 else { return .failure(HostError(errno: errno, doing: "watch", path: folder)) }
            state.lastNumber += 1
            state.listeners[watch, default: []].append(Listener(number: state.lastNumber, queue: queue, onChange: onChange))
            return .success(Registration(watch: watch, number: state.lastNumber))
        }
        return try result.get()
    }

    func remove(_ registration: Registration) {
        state.withLock { state in
            guard var listeners = state.listeners[registration.watch] else { return }
            listeners.removeAll { $0.number == registration.number }
            state.listeners[registration.watch] = listeners.isEmpty ? nil : listeners
            if listeners.isEmpty { inotify_rm_watch(descriptor, registration.watch) }
        }
    }

    // MARK: - Details

    private func deliver() {
        let (changes, overflowed) = drain()
        let calls = state.withLock { state -> [(Listener, [String?])] in
            if overflowed { return state.listeners.values.joined().map { ($0, [nil]) } }
            return changes.flatMap { watch, names in (state.listeners[watch] ?? []).map { ($0, names) } }
        }
        for (listener, names) in calls { listener.queue.async { for name in names { listener.onChange(name) } } }
    }

    /// Empties the kernel's queue; one entry per name, in order of first mention.
    private func drain() -> (changes: [Int32: [String?]], overflowed: Bool) {
        var changes: [Int32: [String?]] = [:]
        var overflowed = false
        // 4 KB hold at least 15 events with the longest possible name.
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                let headerSize = MemoryLayout<inotify_event>.size
                while offset + headerSize <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let bytes = buffer[(offset + headerSize)..<(offset + headerSize + Int(event.len))]
                    offset += headerSize + Int(event.len)
                    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { overflowed = true }
                    // The kernel's word that the watch is gone concerns nobody.
                    if event.mask & UInt32(IN_IGNORED) != 0 { continue }
                    let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                    if changes[event.wd]?.contains(name) != true { changes[event.wd, default: []].append(name) }
                }
            }
        }
        return (changes, overflowed)
    }
}

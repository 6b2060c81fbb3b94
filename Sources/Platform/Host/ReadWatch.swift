internal import CLinux
package import Dispatch
internal import Glibc
internal import Synchronization

/// Calls a function on a queue whenever a descriptor can be read, or was hung up.
///
/// Instead of Dispatch's own read sources, whose bookkeeping on Linux goes wrong when the other end hangs up while sources come and go:
/// a new one may never fire, and the process may crash (docs/decisions/0011).
package final class ReadWatch: Sendable {
    private let key: UInt64

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - descriptor: Stays the caller's. A copy of it is watched: libraries close theirs without a word, and the number may soon be another's.
    ///   - queue: Serial; where `onReadable` is called, again and again while there is something to be read.
    ///   - onReadable: Reads, or cancels.
    /// - Throws: ``HostError`` when the descriptor can't be waited for.
    package init(descriptor: Int32, queue: DispatchQueue, onReadable: @escaping @Sendable () -> Void) throws(HostError) {
        key = try ReadLoop.shared().add(descriptor, queue, onReadable)
    }

    /// Ends watching; on the queue, no call follows.
    package func cancel() { ReadLoop.current?.remove(key) }

    deinit { cancel() }
}

/// The one thread of this process that waits for descriptors.
private final class ReadLoop: Sendable {
    private struct Watched: Sendable {
        /// The copy.
        let descriptor: Int32
        let queue: DispatchQueue
        let onReadable: @Sendable () -> Void
    }

    private struct State {
        /// By a number that is never given twice: what the kernel still says of a descriptor that was closed concerns nobody.
        var watched: [UInt64: Watched] = [:]
        var lastKey: UInt64 = 0
    }

    private static let instance = Mutex<ReadLoop?>(nil)

    private let set: Int32
    private let state = Mutex(State())

    static var current: ReadLoop? { instance.withLock { $0 } }

    /// The loop, begun with the first call; a failure is not remembered.
    static func shared() throws(HostError) -> ReadLoop {
        let result = instance.withLock { instance -> Result<ReadLoop, HostError> in
            if let instance { return .success(instance) }
            let set = slipway_epoll_make()
            guard set >= 0 else { return .failure(HostError(errno: errno, doing: "watch", path: "descriptors (epoll)")) }
            let made = ReadLoop(set: set)
            let failed = DetachedThread.start { made.run() }
            guard failed == 0 else {
                close(set)
                return .failure(HostError(errno: failed, doing: "start", path: "a thread"))
            }
            instance = made
            return .success(made)
        }
        return try result.get()
    }

    private init(set: Int32) { self.set = set }

    func add(_ descriptor: Int32, _ queue: DispatchQueue, _ onReadable: @escaping @Sendable () -> Void) throws(HostError) -> UInt64 {
        let result = state.withLock { state -> Result<UInt64, HostError> in
            let copy = slipway_duplicate_above(descriptor, 3)
            guard copy >= 0 else { return .failure(HostError(errno: errno, doing: "copy", path: "descriptor \(descriptor)")) }
            state.lastKey += 1
            guard slipway_epoll_ask(set, copy, state.lastKey, 0) == 0 else {
                defer { close(copy) }
                return .failure(HostError(errno: errno, doing: "watch", path: "descriptor \(descriptor)"))
            }
            state.watched[state.lastKey] = Watched(descriptor: copy, queue: queue, onReadable: onReadable)
            return .success(state.lastKey)
        }
        return try result.get()
    }

    func remove(_ key: UInt64) {
        state.withLock { state in
            guard let watched = state.watched.removeValue(forKey: key) else { return }
            // Closing alone wouldn't do while the original, or a child that is just being started, has it open.
            _ = slipway_epoll_forget(set, watched.descriptor)
            close(watched.descriptor)
        }
    }

    // MARK: - Details

    private func run() {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { keys in
            guard let first = keys.baseAddress else { return }
            while true {
                // Only an interruption makes it fail: the set lives as long as the process.
                let count = slipway_epoll_wait(set, first)
                for index in 0..<Int(max(0, count)) { tell(keys[index]) }
            }
        }
    }

    private func tell(_ key: UInt64) {
        guard let watched = find(key) else { return }
        watched.queue.async { [self] in
            guard find(key) != nil else { return }
            watched.onReadable()
            // Under the lock: the copy must not be closed in between.
            state.withLock { state in
                if state.watched[key] != nil { _ = slipway_epoll_ask(set, watched.descriptor, key, 1) }
            }
        }
    }

    private func find(_ key: UInt64) -> Watched? { state.withLock { $0.watched[key] } }
}

internal import Synchronization

/// The streams that wait for each channel, in this process.
final class Doorbells: Sendable {
    private struct State {
        var listeners: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
        var lastListener = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let changeCount = Atomic<UInt64>(0)

    /// Grows with every change, before anybody can learn of it in another way.
    var changes: UInt64 { changeCount.load(ordering: .acquiring) }

    /// A transaction is or may be committed.
    func countChange() { changeCount.add(1, ordering: .acquiringAndReleasing) }

    /// Whether a channel's name is also a file name and a PostgreSQL identifier.
    static func isChannel(_ name: String) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    /// Adds a listener; it is removed when its stream ends or is dropped.
    func listen(_ channel: String) -> AsyncStream<Void> {
        precondition(Self.isChannel(channel), "no name for a channel: \(channel)")
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.lastListener += 1
            state.listeners[channel, default: [:]][state.lastListener] = continuation
            return state.lastListener
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in _ = state.listeners[channel]?.removeValue(forKey: number) }
        }
        return stream
    }

    func ring(_ channel: String) {
        countChange()
        let listeners = state.withLock { state in state.listeners[channel].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield() }
    }

    func ringAll() {
        countChange()
        let listeners = state.withLock { state in state.listeners.values.flatMap(\.values) }
        for listener in listeners { listener.yield() }
    }

    func close() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            state.isClosed = true
            return state.listeners.values.flatMap(\.values)
        }
        // Outside of the lock: ending a stream calls its onTermination, which takes the lock.
        for listener in listeners { listener.finish() }
    }
}

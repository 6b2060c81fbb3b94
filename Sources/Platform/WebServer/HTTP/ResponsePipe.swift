internal import Synchronization

/// Between a handler that writes an answer and the thread that sends it.
final class ResponsePipe: Sendable {
    /// What the sending thread gets.
    enum Pulled {
        case bytes(Int)
        /// Nothing now; whoever writes next wakes the connection.
        case nothingYet
        case end
        case failed
    }

    private struct State {
        var chunks: [[UInt8]] = []
        /// Bytes of the first chunk that are gone.
        var offset = 0
        var bufferedCount = 0
        var isEnded = false
        var hasFailed = false
        var isClosed = false
        /// The connection sleeps and has to be woken.
        var isStarved = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    /// So much is held before the writer has to wait, and so little before it may go on.
    private static let (high, low) = (256 * 1024, 128 * 1024)

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Adds bytes and waits while too many are held; false when nobody takes them any more.
    func write(_ bytes: [UInt8]) async -> Bool {
        guard !bytes.isEmpty else { return state.withLock { !$0.isClosed } }
        let (mustWake, isFull, isClosed) = state.withLock { state -> (Bool, Bool, Bool) in
            if state.isClosed { return (false, false, true) }
            state.chunks.append(bytes)
            state.bufferedCount += bytes.count
            defer { state.isStarved = false }
            return (state.isStarved, state.bufferedCount >= Self.high, false)
        }
        if mustWake { wake() }
        if isClosed { return false }
        guard isFull else { return true }
        // Cancellation comes with `close()`, which answers here.
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isClosed { return false }
                if state.bufferedCount < Self.high { return true }
                state.waiter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// The body is complete, or can't be completed.
    func end(failed hasFailed: Bool = false) {
        let mustWake = state.withLock { state in
            if !state.isEnded {
                state.isEnded = true
                state.hasFailed = hasFailed
            }
            defer { state.isStarved = false }
            return state.isStarved
        }
        if mustWake { wake() }
    }

    /// Nobody takes anything any more.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            state.hasFailed = true
            state.isEnded = true
            state.chunks = []
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }

    /// Copies what is there; on the connection's thread.
    func pull(into target: UnsafeMutableRawPointer, capacity: Int) -> Pulled {
        let (pulled, waiter) = state.withLock { state -> (Pulled, CheckedContinuation<Bool, Never>?) in
            if state.hasFailed { return (.failed, nil) }
            var count = 0
            var spent = 0
            while count < capacity, spent < state.chunks.count {
                let chunk = state.chunks[spent]
                let part = min(capacity - count, chunk.count - state.offset)
                chunk.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    target.advanced(by: count).copyMemory(from: start + state.offset, byteCount: part)
                }
                count += part
                state.offset += part
                if state.offset == chunk.count {
                    spent += 1
                    state.offset = 0
                }
            }
            state.chunks.removeFirst(spent)
            state.bufferedCount -= count
            var waiter: CheckedContinuation<Bool, Never>?
            if state.bufferedCount <= Self.low { swap(&waiter, &state.waiter) }
            if count > 0 { return (.bytes(count), waiter) }
            if state.isEnded { return (.end, waiter) }
            state.isStarved = true
            return (.nothingYet, waiter)
        }
        waiter?.resume(returning: true)
        return pulled
    }

    /// Whether ``pull(into:capacity:)`` has something to say.
    var hasNews: Bool { state.withLock { !$0.chunks.isEmpty || $0.isEnded } }
}

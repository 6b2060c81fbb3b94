internal import Synchronization

/// What waits for one subscriber, and where it is.
final class SubscriptionQueue: BroadcastReceiver {
    enum End: Sendable {
        case cancelled, stopped, fellBehind
    }

    enum Next: Sendable {
        case batch([Broadcast])
        /// Read this channel's past after this position first.
        case past(channel: String, after: Int64)
        /// Nothing is left of the past: join the loop.
        case join([String: Int64])
        case end(End)
        case wait
    }

    private struct State {
        /// What the reader has been given of each channel.
        var cursors: [String: Int64]
        /// Channels whose past isn't read yet, and how far it goes at least.
        var behind: [String: Int64]
        var isJoined = false
        var isPoked = false
        var buffer: [Broadcast] = []
        var byteCount = 0
        var end: End?
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// More than this waits for nobody; the texts are shared by all subscribers.
    private static let (countLimit, byteLimit) = (4096, 8 * 1024 * 1024)

    private let state: Mutex<State>
    let channels: [String]

    init(_ cursors: [String: Int64], behind: [String: Int64]) {
        channels = Array(cursors.keys)
        state = Mutex(State(cursors: cursors, behind: behind))
    }

    var cursors: [String: Int64] { state.withLock { $0.cursors } }

    // MARK: - The hub's side

    func receive(_ broadcasts: ArraySlice<Broadcast>) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.end == nil else { return nil }
            state.buffer += broadcasts
            state.byteCount += broadcasts.reduce(0) { $0 + $1.data.utf8.count }
            if state.buffer.count > Self.countLimit || state.byteCount > Self.byteLimit {
                state.end = .fellBehind
                (state.buffer, state.byteCount) = ([], 0)
            }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func stop() { end(.stopped) }

    // MARK: - The reader's side

    func end(_ end: End) {
        let waiter = state.withLock { state in
            state.end = state.end ?? end
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Makes the reader return with nothing, once.
    func poke() {
        let waiter = state.withLock { state in
            state.isPoked = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func next() -> Next { state.withLock { Self.next(&$0) } }

    private static func next(_ state: inout State) -> Next {
        if !state.buffer.isEmpty {
            let batch = state.buffer
            (state.buffer, state.byteCount) = ([], 0)
            for broadcast in batch { state.cursors[broadcast.channel] = broadcast.position }
            return .batch(batch)
        }
        if let end = state.end { return .end(end) }
        if state.isPoked {
            state.isPoked = false
            return .batch([])
        }
        if state.isJoined { return .wait }
        guard let channel = state.behind.keys.first else { return .join(state.cursors) }
        return .past(channel: channel, after: state.cursors[channel] ?? 0)
    }

    /// A page of the past was given to the reader; the last one when it is short.
    func passed(_ page: [Broadcast], of channel: String, isLast: Bool) {
        state.withLock { state in
            if let last = page.last { state.cursors[channel] = last.position }
            guard isLast, let end = state.behind.removeValue(forKey: channel) else { return }
            // What is missing up to there was pruned.
            state.cursors[channel] = max(state.cursors[channel] ?? 0, end)
        }
    }

    func joined(butBehindIn channels: [String: Int64]) {
        state.withLock { state in
            state.behind = channels
            state.isJoined = channels.isEmpty
        }
    }

    /// Waits until ``next()`` says something else than to wait.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.buffer.isEmpty || state.end != nil || state.isPoked || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}

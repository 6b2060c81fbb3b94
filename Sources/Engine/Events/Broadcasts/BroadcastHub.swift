package import Log
package import Storage
internal import Synchronization

/// Hands the events of all channels to this process's subscribers: each sees each event exactly once, in order per channel.
///
/// One loop reads for everybody, woken by the doorbell of ``EventStore/channel``, and only channels that have a subscriber. Whoever begins
/// in the past reads on by itself until it has come up to the loop, and is then joined to it under one lock, so that nothing falls between.
package final class BroadcastHub: Sendable {
    /// For metrics.
    package struct Counts: Sendable, Hashable {
        /// Channels with a subscriber.
        package var channels = 0
        /// Subscribers, once for each of their channels.
        package var subscribers = 0
        /// Events that the loop has read.
        package var read = 0
        /// Events that were handed to subscribers, once for each.
        package var delivered = 0
        /// Subscriptions that ended because they fell behind.
        package var fellBehind = 0
    }

    private struct State {
        var feeds = BroadcastFeeds()
        var counts = Counts()
        var isStopped = false
    }

    let store: BroadcastStore
    private let database: Database
    private let logger: Logger
    private let fallback: Duration
    private let state = Mutex(State())
    private let (ticks, tick) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// So many events of one channel are read at once.
    static let pageSize = 500

    /// Makes a hub; nothing is handed out before ``run()``.
    ///
    /// - Parameters:
    ///   - database: Where the channels are.
    ///   - store: Reads them.
    ///   - fallback: How long a lost doorbell can delay an event.
    ///   - logger: Hears of failures of the database.
    package init(
        database: Database,
        store: BroadcastStore = BroadcastStore(),
        fallback: Duration = .seconds(2),
        logger: Logger = .none
    ) {
        self.database = database
        self.store = store
        self.fallback = fallback
        self.logger = logger
    }

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            (counts.channels, counts.subscribers) = (state.feeds.count, state.feeds.memberCount)
            return counts
        }
    }

    // MARK: - Subscribing

    /// Subscribes to channels.
    ///
    /// What is committed after this returns comes, whenever the caller begins to read.
    ///
    /// - Parameter channels: Where to begin in each.
    /// - Returns: The events, for one reader; it ends when it is cancelled or dropped, and when the hub stops.
    /// - Throws: ``StorageError``.
    package func subscribe(_ channels: [String: BroadcastStart]) async throws -> BroadcastSubscription {
        let last = try await database.read { [store] in try store.lastPositions(of: Array(channels.keys), in: $0) }
        var cursors: [String: Int64] = [:]
        var behind: [String: Int64] = [:]
        for (channel, start) in channels {
            let end = last[channel] ?? 0
            switch start {
            case .now: cursors[channel] = end
            case .after(let position):
                cursors[channel] = min(max(position, 0), end)
                if position < end { behind[channel] = end }
            }
        }
        let queue = SubscriptionQueue(cursors, behind: behind)
        let subscription = BroadcastSubscription(queue, hub: self)
        if behind.isEmpty { subscription.join() }
        return subscription
    }

    /// Calls a closure with a channel's events from now on, on the hub's loop.
    ///
    /// - Parameters:
    ///   - channel: Which.
    ///   - receive: Gets one event or more, in order; must not block.
    /// - Returns: Keeps the closure where it is, and says after which position it begins.
    /// - Throws: ``StorageError``.
    package func listen(
        to channel: String,
        _ receive: @escaping @Sendable (ArraySlice<Broadcast>) -> Void
    ) async throws -> BroadcastListening {
        let last = try await database.read { [store] in try store.lastPosition(of: channel, in: $0) }
        let listener = BroadcastListener(receive)
        let position = state.withLock { state in
            let position = max(last, state.feeds.position(of: channel) ?? 0)
            _ = state.feeds.join(listener, [channel: position])
            return position
        }
        // Committed between the look and the joining: rang for nobody.
        tick.yield()
        return BroadcastListening(channel: channel, position: position, listener: listener, hub: self)
    }

    /// A channel's events after a position, oldest first: for whoever reads the past by itself.
    ///
    /// - Throws: ``StorageError``.
    package func broadcasts(of channel: String, after position: Int64, limit: Int = 200) async throws -> [Broadcast] {
        try await database.read { [store] in try store.broadcasts(of: channel, after: position, limit: limit, in: $0) }
    }

    /// A channel's last position; 0 before its first event.
    ///
    /// - Throws: ``StorageError``.
    package func lastPosition(of channel: String) async throws -> Int64 {
        try await database.read { [store] in try store.lastPosition(of: channel, in: $0) }
    }

    // MARK: - The loop

    /// Reads and hands out until the task is cancelled; then every subscription ends.
    package func run() async {
        let doorbell = database.doorbells(EventStore.channel)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [tick] in for await _ in doorbell { tick.yield() } }
            group.addTask { [tick, fallback] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: fallback)  // cancelled: the loop's condition ends it
                    tick.yield()
                }
            }
            var failures = 0
            for await _ in ticks {
                do {
                    try await look()
                    failures = 0
                } catch {
                    failures += 1
                    if failures == 1 { logger.warning("Events can't be read", ["error": .init("\(error)")]) }
                    try? await Task.sleep(for: .milliseconds(min(100 * failures, 1000)))  // cancelled: the loop ends by itself
                    tick.yield()
                }
            }
            group.cancelAll()
        }
        stop()
    }

    /// Reads until nothing is new.
    private func look() async throws {
        var isMore = true
        while isMore {
            let positions = state.withLock { $0.feeds.positions }
            guard !positions.isEmpty else { return }
            let pages = try await database.read { [store] in try Self.news(after: positions, store, in: $0) }
            isMore = false
            for (channel, page) in pages {
                hand(out: page, of: channel, after: positions[channel] ?? 0)
                if page.count == Self.pageSize { isMore = true }
            }
        }
    }

    private static func news(
        after positions: [String: Int64],
        _ store: BroadcastStore,
        in transaction: Transaction
    ) throws -> [String: [Broadcast]] {
        // One channel is read as quickly as its last position is.
        let last = positions.count == 1 ? [:] : try store.lastPositions(of: Array(positions.keys), in: transaction)
        var pages: [String: [Broadcast]] = [:]
        for (channel, position) in positions where positions.count == 1 || last[channel] ?? 0 > position {
            pages[channel] = try store.broadcasts(of: channel, after: position, limit: pageSize, in: transaction)
        }
        return pages
    }

    private func hand(out page: [Broadcast], of channel: String, after position: Int64) {
        let parts = state.withLock { state in
            let parts = state.feeds.advance(channel, by: page, after: position)
            state.counts.read += page.count
            state.counts.delivered += parts.reduce(0) { $0 + $1.part.count }
            return parts
        }
        // Outside of the lock: only this loop hands out, so that nobody gets a later part first.
        for (receiver, part) in parts { receiver.receive(part) }
    }

    private func stop() {
        let receivers = state.withLock { state in
            state.isStopped = true
            defer { state.feeds.removeAll() }
            return state.feeds.receivers
        }
        for receiver in receivers { receiver.stop() }
    }

    // MARK: - The subscriptions' side

    /// Adds a receiver to the loop; see ``BroadcastFeeds/join(_:_:)``.
    func join(_ receiver: any BroadcastReceiver, _ cursors: [String: Int64]) -> [String: Int64] {
        let (behind, isStopped) = state.withLock { ($0.isStopped ? [:] : $0.feeds.join(receiver, cursors), $0.isStopped) }
        if isStopped { receiver.stop() } else { tick.yield() }
        return behind
    }

    func leave(_ receiver: any BroadcastReceiver, _ channels: some Sequence<String>) {
        state.withLock { $0.feeds.leave(receiver, channels) }
    }

    func countFallenBehind() { state.withLock { $0.counts.fellBehind += 1 } }
}

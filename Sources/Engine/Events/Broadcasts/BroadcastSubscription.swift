/// The events of one subscriber's channels, for one reader: in order and exactly once per channel.
package final class BroadcastSubscription: AsyncSequence, Sendable {
    package typealias Element = Broadcast

    private let queue: SubscriptionQueue
    private let hub: BroadcastHub

    /// So many of the past are read at once: each reader holds that many.
    private static let pageSize = 200

    init(_ queue: SubscriptionQueue, hub: BroadcastHub) {
        self.queue = queue
        self.hub = hub
    }

    deinit { hub.leave(queue, queue.channels) }

    /// What the reader has been given of each channel: where another subscription goes on.
    package var positions: [String: Int64] { queue.cursors }

    /// Everything that is there, at least one event; waits for one.
    ///
    /// - Returns: Events in order; none after ``poke()``; nil when the subscription or the task was cancelled, or the hub stops.
    /// - Throws: ``EventsError`` when the reader fell behind, ``StorageError`` when the past can't be read; the same call may then work.
    package func nextBatch() async throws -> [Broadcast]? {
        while !Task.isCancelled {
            switch queue.next() {
            case .batch(let batch): return batch
            case .past(let channel, let position):
                let page = try await hub.broadcasts(of: channel, after: position, limit: Self.pageSize)
                queue.passed(page, of: channel, isLast: page.count < Self.pageSize)
                if !page.isEmpty { return page }
            case .join: join()
            case .end(.fellBehind):
                hub.leave(queue, queue.channels)
                hub.countFallenBehind()
                throw EventsError(.fellBehind(positions: queue.cursors))
            case .end: return nil
            case .wait: await queue.wait()
            }
        }
        return nil
    }

    /// Makes ``nextBatch()`` return with no events, for a sign of life in between.
    package func poke() { queue.poke() }

    /// Ends the subscription; its reader ends too.
    package func cancel() {
        hub.leave(queue, queue.channels)
        queue.end(.cancelled)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: BroadcastSubscription
        private var batch: ArraySlice<Broadcast> = []

        init(_ subscription: BroadcastSubscription) { self.subscription = subscription }

        package mutating func next() async throws -> Broadcast? {
            while batch.isEmpty {
                guard let next = try await subscription.nextBatch() else { return nil }
                batch = next[...]
            }
            return batch.popFirst()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

    /// Joins the hub's loop, or learns what has to be read first.
    func join() {
        guard case .join(let cursors) = queue.next() else { return }
        queue.joined(butBehindIn: hub.join(queue, cursors))
    }
}

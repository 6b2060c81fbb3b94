package import Domain
package import Storage

/// Hands on a job's events as they are committed, by whichever process.
package struct EventFollower: Sendable {
    private let database: Database
    private let store: EventStore
    /// How long a lost doorbell can delay an event.
    private let fallback: Duration

    package init(database: Database, store: EventStore = EventStore(), fallback: Duration = .seconds(1)) {
        self.database = database
        self.store = store
        self.fallback = fallback
    }

    /// Calls `onEvents` with each batch, in order and without gaps, until it returns false or the task is cancelled.
    ///
    /// It is called with an empty batch when nothing came for the fallback's length, so that a caller can look at the job itself.
    ///
    /// - Parameters:
    ///   - job: Whose events.
    ///   - ordinal: The last event that the caller has seen; 0 for all.
    ///   - onEvents: Whether it wants more.
    /// - Throws: What the database or `onEvents` throws.
    package func follow(
        _ job: JobID,
        after ordinal: Int64 = 0,
        onEvents: ([StoredEvent]) async throws -> Bool
    ) async throws {
        // Subscribed before the first look: what is committed in between rings.
        let doorbell = database.doorbells(EventStore.channel)
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                tick.finish()
                group.cancelAll()
            }
            group.addTask { for await _ in doorbell { tick.yield() } }
            group.addTask { [fallback] in
                while !Task.isCancelled {
                    try await Task.sleep(for: fallback)
                    tick.yield()
                }
            }
            var last = ordinal
            tick.yield()
            for await _ in ticks {
                var isWanted = true
                repeat {
                    let after = last
                    let batch = try await database.read { [store] in try store.events(of: job, after: after, in: $0) }
                    last = batch.last?.ordinal ?? last
                    isWanted = try await onEvents(batch)
                    if batch.isEmpty { break }
                } while isWanted
                guard isWanted else { return }
            }
        }
    }
}

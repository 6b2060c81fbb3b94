internal import Domain
package import FoundationEssentials
package import Jobs

/// Removes what is older than a day from all channels, hourly: job kind `broadcast-prune`.
package struct BroadcastPruneHandler: JobHandler {
    package static let jobKind = "broadcast-prune"
    package let kind = Self.jobKind
    private let store = BroadcastStore()
    private let retention: Duration
    private let now: @Sendable () -> Date

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - retention: How long an event can be replayed.
    ///   - now: The clock.
    package init(retention: Duration = .seconds(86_400), now: @escaping @Sendable () -> Date = { Date() }) {
        self.retention = retention
        self.now = now
    }

    package func run(_ context: JobContext) async throws -> JobEnd {
        let limit = now() - retention / .seconds(1)
        var removed = 0
        while true {
            try context.stop.check()
            // Short transactions: on SQLite every other write waits for them.
            let count = try await context.write { [store] in try store.prune(before: limit, in: $0) }
            removed += count
            if count == 0 { return .completed(result: #"{"removed":\#(removed)}"#) }
        }
    }

    /// The job that comes by itself.
    package static let periodicJobs: [PeriodicJob] = [
        PeriodicJob(name: jobKind, every: .seconds(3600)) { time in
            var random = SystemRandomNumberGenerator()
            return NewJob(
                id: .make(prefix: jobKind, unixMilliseconds: Int64(clamping: time.timeIntervalSince1970 * 1000), using: &random),
                kind: jobKind,
                queue: .maintenance,
                concurrencyKey: jobKind,
                tags: [jobKind],
                timeout: .seconds(1800)
            )
        }
    ]
}

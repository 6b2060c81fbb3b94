internal import Domain
internal import Synchronization

/// How often each of many may do something: a bucket of tokens per key, which fills up again with time.
///
/// Holds at most the given number of keys: those that were not seen for longest are forgotten, which gives them a full bucket.
package final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var level: Double
        var filledAt: ContinuousClock.Instant
    }

    private struct Buckets {
        /// The keys seen lately, and those seen before them: when the first are too many they take the place of the second.
        var current: [Key: Bucket] = [:]
        var previous: [Key: Bucket] = [:]
    }

    /// How many at once.
    package let capacity: Int
    private let refill: Double
    private let generationLimit: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let buckets = Mutex(Buckets())

    /// Makes one whose buckets are full.
    ///
    /// - Parameters:
    ///   - capacity: How many at once, at least 1.
    ///   - perSecond: How many more with each second, above 0.
    ///   - maximumKeys: How many keys are remembered.
    ///   - now: The clock.
    package init(
        capacity: Int,
        perSecond: Double,
        maximumKeys: Int = 50_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        precondition(capacity >= 1 && perSecond > 0 && maximumKeys >= 2, "a rate limiter that allows nothing")
        self.capacity = capacity
        refill = perSecond
        generationLimit = maximumKeys / 2
        self.now = now
    }

    /// Takes a token of the key's bucket, if there is one.
    @_specialize(where Key == String)
    package func take(_ key: Key) -> RateDecision {
        let now = now()
        return buckets.withLock { buckets in
            var bucket = filled(key, in: buckets, now)
            let isAllowed = bucket.level >= 1
            if isAllowed { bucket.level -= 1 }
            store(bucket, for: key, in: &buckets)
            let wait = isAllowed ? Duration.zero : .milliseconds(Int64(clamping: ((1 - bucket.level) / refill * 1000 - 1e-6).rounded(.up)))
            return RateDecision(isAllowed: isAllowed, remaining: Int(clamping: bucket.level), retryAfter: wait)
        }
    }

    /// Puts back what ``take(_:)`` took, for what turned out not to count.
    package func giveBack(_ key: Key) {
        let now = now()
        buckets.withLock { buckets in
            var bucket = filled(key, in: buckets, now)
            bucket.level = min(Double(capacity), bucket.level + 1)
            store(bucket, for: key, in: &buckets)
        }
    }

    /// How many keys are remembered now.
    package var keyCount: Int { buckets.withLock { $0.current.count + $0.previous.count } }

    private func filled(_ key: Key, in buckets: borrowing Buckets, _ now: ContinuousClock.Instant) -> Bucket {
        guard var bucket = buckets.current[key] ?? buckets.previous[key] else { return Bucket(level: Double(capacity), filledAt: now) }
        let passed = max(0, (now - bucket.filledAt) / .seconds(1))
        bucket.level = min(Double(capacity), bucket.level + passed * refill)
        bucket.filledAt = now
        return bucket
    }

    private func store(_ bucket: Bucket, for key: Key, in buckets: inout Buckets) {
        if buckets.current.updateValue(bucket, forKey: key) == nil {
            buckets.previous[key] = nil
            guard buckets.current.count >= generationLimit else { return }
            buckets.previous = buckets.current
            buckets.current = [:]
        }
    }
}

import Access
import Synchronization
import Testing

@Suite struct `A rate limiter` {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    @Test func `allows a burst, and then its rate`() {
        let clock = Clock()
        let limiter = RateLimiter<String>(capacity: 3, perSecond: 2) { clock.now }
        #expect((0..<5).map { _ in limiter.take("a").isAllowed } == [true, true, true, false, false])
        #expect(limiter.take("a").retryAfter == .milliseconds(500))
        #expect(limiter.take("b").isAllowed && limiter.take("b").remaining == 1)
        clock.advance(.milliseconds(499))
        #expect(limiter.take("a").retryAfter == .milliseconds(1))
        clock.advance(.milliseconds(1))
        #expect(limiter.take("a").isAllowed)
        #expect(!limiter.take("a").isAllowed)
        clock.advance(.seconds(3600))
        #expect((0..<5).map { _ in limiter.take("a").isAllowed } == [true, true, true, false, false])
    }

    @Test func `gives back, but never more than fits`() {
        let clock = Clock()
        let limiter = RateLimiter<Int>(capacity: 2, perSecond: 1) { clock.now }
        #expect(limiter.take(1).isAllowed && limiter.take(1).isAllowed && !limiter.take(1).isAllowed)
        limiter.giveBack(1)
        #expect(limiter.take(1).isAllowed && !limiter.take(1).isAllowed)
        for _ in 0..<10 { limiter.giveBack(1) }
        #expect((0..<3).map { _ in limiter.take(1).isAllowed } == [true, true, false])
    }

    @Test func `isn't confused by a clock that goes back`() {
        let clock = Clock()
        let limiter = RateLimiter<Int>(capacity: 1, perSecond: 1) { clock.now }
        #expect(limiter.take(1).isAllowed)
        clock.advance(.seconds(-100))
        #expect(!limiter.take(1).isAllowed)
        clock.advance(.seconds(1))
        #expect(limiter.take(1).isAllowed)
    }

    @Test func `remembers a bounded number of keys, and those that are in use`() {
        let clock = Clock()
        let limiter = RateLimiter<Int>(capacity: 2, perSecond: 0.001, maximumKeys: 1000) { clock.now }
        #expect(limiter.take(-1).isAllowed && limiter.take(-1).isAllowed)
        for key in 0..<100_000 {
            _ = limiter.take(key)
            if key % 100 == 0 { #expect(!limiter.take(-1).isAllowed) }
        }
        #expect(limiter.keyCount <= 1000)
    }

    @Test func `counts right when many take at once`() async {
        let clock = Clock()
        let limiter = RateLimiter<Int>(capacity: 100, perSecond: 1) { clock.now }
        let allowed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { (0..<100).count { _ in limiter.take(1).isAllowed } } }
            return await group.reduce(0, +)
        }
        #expect(allowed == 100)
    }
}

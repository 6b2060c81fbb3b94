import Domain
import FoundationEssentials
import Log
import StateVault
import Storage
import Synchronization
import TestKit
import Testing

/// Locks with Redis in front: whatever becomes of Redis, the rows decide.
@Suite(.requires(.redis)) struct `A lock with Redis in front` {
    private func locks(_ fixture: VaultFixture, _ redis: ThrowawayRedis) throws -> StateLocks {
        let front = RedisLockFront(try redis.client(options: RedisLockFront.options), logger: .none)
        return StateLocks(vault: fixture.vault, front: front)
    }

    private func request(_ fixture: VaultFixture, _ id: String, lifetime: Duration = .seconds(60)) -> LockRequest {
        LockRequest(fixture.first, id: id, holder: "holder \(id)", reason: "test", lifetime: lifetime)
    }

    /// Gives `body` a fixture and a Redis of its own: the keys are named by deployment.
    private func with(_ kind: TestDatabase, _ body: (VaultFixture, ThrowawayRedis) async throws -> Void) async throws {
        let redis = try await ThrowawayRedis()
        do {
            try await kind.withVault { try await body($0, redis) }
        } catch {
            try? await redis.remove()  // The test's own error matters more.
            throw error
        }
        try await redis.remove()
    }

    private let key = "slipway:state-lock:1"

    @Test(arguments: TestDatabase.allCases)
    func `Notes the holder while it holds, and no longer`(kind: TestDatabase) async throws {
        try await with(kind) { fixture, redis in
            let (locks, client) = (try locks(fixture, redis), try redis.client())
            let lock = try await locks.take(request(fixture, "a"))
            #expect(try await client.value(of: key) == "a")
            #expect(await reason { try await locks.take(request(fixture, "b")) } == .locked(lock))
            #expect(try await client.value(of: key) == "a")
            #expect(try await locks.take(request(fixture, "a")).createdAt == lock.createdAt)
            try await locks.release(fixture.first, id: "a")
            #expect(try await client.value(of: key) == nil)
            _ = try await locks.take(request(fixture, "b"))
            try await locks.end(fixture.first)
            #expect(try await client.value(of: key) == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A note without a row behind it keeps nobody out`(kind: TestDatabase) async throws {
        try await with(kind) { fixture, redis in
            let client = try redis.client()
            #expect(try await client.setIfAbsent(key, to: "ghost", expiringAfter: .seconds(600)))
            let locks = try locks(fixture, redis)
            #expect(try await locks.take(request(fixture, "a")).id == "a")
            let lock = try await fixture.vault.currentLock(of: fixture.first)
            #expect(await reason { try await locks.take(request(fixture, "b")) } == lock.map { .locked($0) })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Killed, restarted empty or silent in the middle, it lets no second one in and holds nobody up`(kind: TestDatabase) async throws {
        try await with(kind) { fixture, redis in
            let locks = try locks(fixture, redis)
            // Another process has a connection of its own.
            let others = try self.locks(fixture, redis)
            let lock = try await locks.take(request(fixture, "a"))
            func expectHeld(_ moment: String) async throws {
                let start = ContinuousClock.now
                #expect(await reason { try await others.take(request(fixture, "b")) } == .locked(lock), "\(moment)")
                #expect(.now - start < .seconds(10), "\(moment)")
            }
            func expectTakenByTurns(_ moment: String) async throws {
                try await locks.release(fixture.first, id: "a")
                let other = try await others.take(request(fixture, "b"))
                #expect(await reason { try await locks.take(request(fixture, "a")) } == .locked(other), "\(moment)")
                try await others.release(fixture.first, id: "b")
            }
            try await redis.kill()
            try await expectHeld("killed")
            try await expectTakenByTurns("killed")
            let again = try await locks.take(request(fixture, "a"))
            try await redis.restart()
            #expect(await reason { try await others.take(request(fixture, "b")) } == .locked(again))
            try await locks.release(fixture.first, id: "a")
            let third = try await locks.take(request(fixture, "a"))
            try await redis.pause()
            #expect(await reason { try await others.take(request(fixture, "b")) } == .locked(third))
            try await expectTakenByTurns("silent")
            _ = try await locks.take(request(fixture, "a"))
            await redis.resume()
            let current = try await fixture.vault.currentLock(of: fixture.first)
            #expect(await reason { try await others.take(request(fixture, "b")) } == current.map { .locked($0) })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Of many at once there is never more than one, while Redis comes and goes`(kind: TestDatabase) async throws {
        try await with(kind) { fixture, redis in
            let count = Count()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for holder in 0..<6 {
                    group.addTask {
                        let locks = try locks(fixture, redis)
                        for turn in 0..<3 {
                            let request = request(fixture, "h\(holder)-\(turn)", lifetime: .seconds(20))
                            var wait = LockWait(limit: .seconds(60))
                            wait.longestPause = .milliseconds(200)
                            try await locks.holding(request, waiting: wait) { _ in
                                #expect(count.inside.add(1, ordering: .relaxed).newValue == 1)
                                try await Task.sleep(for: .milliseconds(5))
                                count.inside.subtract(1, ordering: .relaxed)
                                count.turns.add(1, ordering: .relaxed)
                            }
                        }
                    }
                }
                group.addTask {
                    while count.turns.load(ordering: .relaxed) < 5 { try await Task.sleep(for: .milliseconds(5)) }
                    try await redis.kill()
                    while count.turns.load(ordering: .relaxed) < 9 { try await Task.sleep(for: .milliseconds(5)) }
                    try await redis.restart()
                    while count.turns.load(ordering: .relaxed) < 13 { try await Task.sleep(for: .milliseconds(5)) }
                    try await redis.pause()
                }
                try await group.waitForAll()
            }
            #expect(count.turns.load(ordering: .relaxed) == 18)
        }
    }

    private final class Count: Sendable {
        let inside = Atomic(0)
        let turns = Atomic(0)
    }
}

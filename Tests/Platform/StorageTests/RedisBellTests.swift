import TestKit
import Testing

@testable import Storage

/// Rings between two processes' databases on PostgreSQL, with a Redis in front.
@Suite(.requires(.postgres), .requires(.redis)) struct RedisBellTests {
    @Test func `Redis carries the rings instead of NOTIFY`() async throws {
        let redis = try await ThrowawayRedis()
        try await Self.with(redis) { one, two, url in
            try await Self.carrying(one)
            // Listens by NOTIFY alone.
            let outsider = try await PostgresEngine.open(url: url, options: DatabaseOptions())
            let bells = (two.doorbells("jobs"), outsider.doorbells("jobs"))
            try await bells.0.ring()
            try await bells.1.ring()
            let unheard = outsider.changes
            for _ in 0..<10 {
                let heard = two.changes
                try await one.write { $0.notify("jobs") }
                try await Self.changing(two, from: heard)
            }
            #expect(outsider.changes == unheard)
            await outsider.close()
        }
    }

    @Test func `a process doesn't hear its own ring twice`() async throws {
        let redis = try await ThrowawayRedis()
        let location = try RedisLocation.parse(redis.url())
        let doorbells = [Doorbells(), Doorbells()]
        let bells = doorbells.map { RedisBells(location, doorbells: $0) }
        for (bells, doorbells) in zip(bells, doorbells) {
            bells.listen("own")
            // The subscription itself.
            try await within(.seconds(60), "the first ring") {
                while doorbells.changes == 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
        try await within(.seconds(60), "Redis") { while !bells.allSatisfy(\.carries) { try await Task.sleep(for: .milliseconds(5)) } }
        for (sender, receiver) in [(0, 1), (1, 0)] {
            let before = doorbells[receiver].changes
            bells[sender].ring(["own", "own"])
            try await within(.seconds(60), "the ring") {
                while doorbells[receiver].changes == before { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
        // Of the two rings that Redis gave out in this order each heard one, and each its subscription.
        #expect(doorbells.map(\.changes) == [2, 2])
        for bells in bells { await bells.close() }
        try await redis.remove()
    }

    @Test func `while Redis is away or hangs the database rings, and afterwards Redis again`() async throws {
        let redis = try await ThrowawayRedis()
        try await Self.with(redis) { one, two, _ in
            try await Self.carrying(one)
            let bells = two.doorbells("jobs")
            try await bells.ring()
            // On its way when Redis stops: it goes out again by the database.
            try await redis.pause()
            var heard = two.changes
            try await one.write { $0.notify("jobs") }
            try await Self.changing(two, from: heard)
            await redis.resume()
            try await Self.carrying(one)

            try await redis.kill()
            for _ in 0..<3 {
                heard = two.changes
                try await one.write { $0.notify("jobs") }
                try await Self.changing(two, from: heard)
            }
            try await redis.restart()
            try await Self.carrying(one)
            heard = two.changes
            try await one.write { $0.notify("jobs") }
            try await Self.changing(two, from: heard)
            withExtendedLifetime(bells) {}
        }
    }

    @Test(arguments: ["-publish", "-subscribe", "resetchannels"])
    func `a Redis that refuses does no harm`(_ rule: String) async throws {
        let redis = try await ThrowawayRedis(settings: ["--user", "default", "on", "nopass", "~*", "&*", "+@all", rule])
        try await Self.with(redis) { one, two, _ in
            let bells = two.doorbells("jobs")
            for _ in 0..<5 {
                let heard = two.changes
                try await one.write { $0.notify("jobs") }
                try await Self.changing(two, from: heard)
            }
            withExtendedLifetime(bells) {}
        }
    }

    /// Opens two databases as two processes would, and closes them and the server.
    private static func with(
        _ redis: ThrowawayRedis,
        _ body: (PostgresEngine, PostgresEngine, String) async throws -> Void
    ) async throws {
        try await TestDatabase.postgres.location { location in
            guard case .postgres(let url) = location else { return }
            var options = DatabaseOptions()
            options.bells = try RedisLocation.parse(redis.url())
            let one = try await PostgresEngine.open(url: url, options: options)
            let two = try await PostgresEngine.open(url: url, options: options)
            // A program that never listens doesn't connect to Redis.
            let bells = one.doorbells("other")
            try await body(one, two, url)
            withExtendedLifetime(bells) {}
            await one.close()
            await two.close()
        }
        try await redis.remove()
    }

    private static func carrying(_ engine: PostgresEngine) async throws {
        try await within(.seconds(60), "Redis to carry the rings") {
            while engine.carrier?.carries != true { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private static func changing(_ engine: PostgresEngine, from count: UInt64) async throws {
        try await within(.seconds(60), "the ring") { while engine.changes == count { try await Task.sleep(for: .milliseconds(5)) } }
    }
}

import Domain
import Events
import FoundationEssentials
import Schema
import Storage
import TestKit
import Testing

@Suite struct BroadcastHubTests {
    @Test(arguments: TestDatabase.allCases) func `a subscriber hears what is committed from now on`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await database.tell(terraform, texts: "before")
            try await withHub(database) { hub in
                let subscription = try await hub.subscribe([terraform.name: .now, shop.name: .now])
                try await database.tell(terraform, shop, texts: "a", "b")
                let heard = try await subscription.take(4)
                #expect(heard.filter { $0.channel == terraform.name }.map(\.data) == ["a", "b"])
                #expect(heard.filter { $0.channel == terraform.name }.map(\.position) == [2, 3])
                #expect(heard.filter { $0.channel == shop.name }.map(\.position) == [1, 2])
                #expect(subscription.positions == [terraform.name: 3, shop.name: 2])
            }
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a subscriber reads on where it was, and then live`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            for _ in 0..<3 { try await database.write { try BroadcastStore().append(Self.many(250), at: Date(), in: $0) } }
            try await withHub(database) { hub in
                let subscription = try await hub.subscribe([shop.name: .after(5)])
                let live = try await hub.subscribe([shop.name: .now])
                try await database.write { try BroadcastStore().append(Self.many(50), at: Date(), in: $0) }
                #expect(try await live.take(50).map(\.position) == Array(751...800))
                #expect(try await subscription.take(795).map(\.position) == Array(6...800))
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `every subscriber sees every event once and in order, whoever writes and whenever it comes`(kind: TestDatabase) async throws {
        let (writers, each) = (6, 60)
        let total = Int64(writers * each)
        try await kind.location(migrations: Schema.migrations) { location in
            let database = try await Database.open(location)
            _ = try await Schema.migrator.migrate(database)
            let seen = Sightings()
            try await withHub(database) { hub in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<writers {
                        group.addTask {
                            let own = try await Database.open(location)
                            for number in 0..<each { try await own.tell(shop, terraform, texts: "\(writer)-\(number)") }
                            await own.close()
                        }
                    }
                    for reader in 0..<40 {
                        group.addTask {
                            seen.add(try await Self.read(hub, to: total, leavingEvery: reader % 4 == 0 ? Int64.max : Int64(3 + reader)))
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(hub.counts.channels == 0)
            }
            await database.close()
            #expect(seen.all.count == 40)
            #expect(seen.all.allSatisfy { $0 == Array(1...total) })
        }
    }

    @Test func `a listening connection that is killed loses nothing`() async throws {
        let server = try await ThrowawayPostgres.shared()
        try await TestDatabase.postgres.location(migrations: Schema.migrations) { location in
            let (database, writer) = (try await Database.open(location), try await Database.open(location))
            try await withHub(database, fallback: .milliseconds(200)) { hub in
                let subscription = try await hub.subscribe([shop.name: .after(0)])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 1...40 {
                            try await writer.tell(shop, texts: "\(number)")
                            if number % 10 == 0 { try await Self.killListeners(of: location, on: server) }
                        }
                    }
                    #expect(try await subscription.take(40).map(\.position) == Array(1...40))
                    try await group.waitForAll()
                }
            }
            await writer.close()
            await database.close()
        }
    }

    @Test func `two thousand subscribers hear the same`() async throws {
        try await TestDatabase.sqlite.with(migrations: Schema.migrations) { database in
            let seen = Sightings()
            try await withHub(database) { hub in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    var subscriptions: [BroadcastSubscription] = []
                    for _ in 0..<2000 { subscriptions.append(try await hub.subscribe([shop.name: .now])) }
                    #expect(hub.counts.subscribers == 2000)
                    for subscription in subscriptions {
                        group.addTask { seen.add(try await subscription.take(100).map(\.position)) }
                    }
                    subscriptions = []
                    for number in 1...100 { try await database.tell(shop, texts: "\(number)") }
                    try await group.waitForAll()
                }
                #expect(hub.counts.delivered == 200_000)
                #expect(hub.counts.subscribers == 0)
            }
            #expect(seen.all.count == 2000)
            #expect(seen.all.allSatisfy { $0 == Array(1...100) })
        }
    }

    @Test func `who doesn't read is told so, and reads on from where it was`() async throws {
        try await TestDatabase.sqlite.with(migrations: Schema.migrations) { database in
            try await withHub(database) { hub in
                let subscription = try await hub.subscribe([shop.name: .now])
                try await database.tell(shop, texts: "first")
                #expect(try await subscription.take(1).count == 1)
                for _ in 0..<20 { try await database.write { try BroadcastStore().append(Self.many(250), at: Date(), in: $0) } }
                try await within(.seconds(60), "the hub") { while hub.counts.read < 5001 { try await Task.sleep(for: .milliseconds(5)) } }
                let error = await #expect(throws: EventsError.self) { _ = try await subscription.nextBatch() }
                #expect(error?.reason == .fellBehind(positions: [shop.name: 1]))
                #expect(hub.counts.fellBehind == 1)
                let again = try await hub.subscribe([shop.name: .after(1)])
                #expect(try await again.take(5000).map(\.position) == Array(2...5001))
            }
        }
    }

    @Test func `what was pruned is passed over`() async throws {
        try await TestDatabase.sqlite.with(migrations: Schema.migrations) { database in
            try await database.write { try BroadcastStore().append(Self.many(300), at: Date(timeIntervalSince1970: 0), in: $0) }
            _ = try await database.write { try BroadcastStore().prune(before: Date(), in: $0) }
            try await withHub(database) { hub in
                let live = try await hub.subscribe([shop.name: .now])
                let subscription = try await hub.subscribe([shop.name: .after(3)])
                async let heard = subscription.take(1)
                try await database.tell(shop, texts: "new")
                #expect(try await heard.map(\.position) == [301])
                #expect(try await live.take(1).map(\.position) == [301])
            }
        }
    }

    @Test func `a subscriber that is beyond the end begins at the end`() async throws {
        try await TestDatabase.sqlite.with(migrations: Schema.migrations) { database in
            try await withHub(database) { hub in
                let subscription = try await hub.subscribe([shop.name: .after(900)])
                try await database.tell(shop, texts: "first")
                #expect(try await subscription.take(1).map(\.position) == [1])
            }
        }
    }

    @Test func `a subscription ends when it is cancelled, and when the hub stops`() async throws {
        try await TestDatabase.sqlite.with(migrations: Schema.migrations) { database in
            let (one, other) = try await withHub(database) { hub in
                let (one, other) = (try await hub.subscribe([shop.name: .now]), try await hub.subscribe([shop.name: .now]))
                one.cancel()
                #expect(try await one.nextBatch() == nil)
                other.poke()
                #expect(try await other.nextBatch() == [])
                return (one, other)
            }
            _ = one
            #expect(try await within { try await other.nextBatch() } == nil)
        }
    }

    private static func many(_ count: Int) -> [NewBroadcast] { (0..<count).map { NewBroadcast(shop, name: "said", data: "\($0)") } }

    /// Reads a channel from its begin to a position, and subscribes anew after so many.
    private static func read(_ hub: BroadcastHub, to end: Int64, leavingEvery count: Int64) async throws -> [Int64] {
        try await within(.seconds(120), "position \(end)") {
            var seen: [Int64] = []
            while seen.last ?? 0 < end {
                let subscription = try await hub.subscribe([shop.name: .after(seen.last ?? 0), terraform.name: .now])
                var taken: Int64 = 0
                for try await broadcast in subscription where broadcast.channel == shop.name {
                    seen.append(broadcast.position)
                    taken += 1
                    if taken >= count || broadcast.position == end { break }
                }
            }
            return seen
        }
    }

    private static func killListeners(of location: DatabaseLocation, on server: ThrowawayPostgres) async throws {
        let database = try await Database.open(location)
        _ = try await database.write { transaction in
            try transaction.rows(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()
                """
            )
        }
        await database.close()
    }
}

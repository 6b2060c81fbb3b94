import Domain
import Events
import FoundationEssentials
import Schema
import Storage
import TestKit
import Testing

@Suite struct BroadcastStoreTests {
    private let store = BroadcastStore()

    @Test(arguments: TestDatabase.allCases) func `positions are counted per channel`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await database.tell(terraform, shop, texts: "1", "2")
            try await database.tell(shop, texts: "3")
            let (one, other, last) = try await database.read { [store] in
                (
                    try store.broadcasts(of: terraform.name, after: 0, in: $0), try store.broadcasts(of: shop.name, after: 1, in: $0),
                    try store.lastPositions(of: [terraform.name, shop.name, "deployment.8"], in: $0)
                )
            }
            #expect(one.map(\.position) == [1, 2])
            #expect(other.map(\.data) == ["2", "3"])
            #expect(other.map(\.id) == ["deployment.7:2", "deployment.7:3"])
            #expect(last == [terraform.name: 2, shop.name: 3])
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a transaction that is undone leaves no gap`(kind: TestDatabase) async throws {
        struct Undone: Error {}
        try await kind.with(migrations: Schema.migrations) { database in
            try await database.tell(shop, texts: "1")
            await #expect(throws: Undone.self) {
                try await database.write { [store] transaction in
                    try store.append([NewBroadcast(shop, name: "said", data: "2")], at: Date(), in: transaction)
                    throw Undone()
                }
            }
            try await database.tell(shop, texts: "3")
            let all = try await database.read { [store] in try store.broadcasts(of: shop.name, after: 0, in: $0) }
            #expect(all.map(\.position) == [1, 2])
            #expect(all.map(\.data) == ["1", "3"])
        }
    }

    @Test(arguments: TestDatabase.allCases) func `pruning removes the old, and no position comes back`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            let old = Date(timeIntervalSinceNow: -90_000)
            try await database.write { [store] transaction in
                try store.append((1...5).map { NewBroadcast(shop, name: "said", data: "\($0)") }, at: old, in: transaction)
            }
            try await database.tell(shop, texts: "6")
            let before = Date(timeIntervalSinceNow: -86_400)
            var removed: [Int] = []
            for _ in 0..<3 { removed.append(try await database.write { [store] in try store.prune(before: before, limit: 3, in: $0) }) }
            #expect(removed == [3, 2, 0])
            try await database.tell(shop, texts: "7")
            let all = try await database.read { [store] in try store.broadcasts(of: shop.name, after: 0, in: $0) }
            #expect(all.map(\.position) == [6, 7])
        }
    }

    @Test(arguments: ["organization.7.terraform", "organization.1.servers", "organization.12.provisioning", "deployment.42"])
    func `a channel's name is read as it is written`(name: String) { #expect(BroadcastChannel(name)?.name == name) }

    @Test(arguments: [
        "", "organization", "organization.7", "organization.7.", "organization.7.other", "organization.07.terraform",
        "organization.-7.servers",
        "deployment.0", "deployment.x", "deployment.1.2", "deployment.٣", "x.1", "organization.7.terraform.x",
        "deployment.9223372036854775808",
    ])
    func `another text is no channel's name`(name: String) { #expect(BroadcastChannel(name) == nil) }
}

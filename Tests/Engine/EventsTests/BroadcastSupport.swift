import Domain
import Events
import FoundationEssentials
import Storage
import Synchronization
import TestKit

let terraform = BroadcastChannel.organization(OrganizationID(rawValue: 1), .terraform)
let shop = BroadcastChannel.deployment(DeploymentID(rawValue: 7))

extension Database {
    /// Appends events whose data is the writer's own text, in one transaction.
    func tell(_ channels: BroadcastChannel..., texts: String...) async throws {
        let broadcasts = channels.flatMap { channel in texts.map { NewBroadcast(channel, name: "said", data: $0) } }
        try await write { try BroadcastStore().append(broadcasts, at: Date(), in: $0) }
    }
}

/// Runs `body` with a hub that works.
func withHub<T: Sendable>(
    _ database: Database,
    fallback: Duration = .seconds(60),
    _ body: @Sendable (BroadcastHub) async throws -> T
) async throws -> T {
    let hub = BroadcastHub(database: database, fallback: fallback)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await hub.run() }
        defer { group.cancelAll() }
        return try await body(hub)
    }
}

extension BroadcastSubscription {
    /// The next events, 30 s at most.
    func take(_ count: Int) async throws -> [Broadcast] {
        try await within(.seconds(60), "\(count) events") { [self] in
            var taken: [Broadcast] = []
            while taken.count < count, let batch = try await nextBatch() { taken += batch }
            return taken
        }
    }
}

/// What many readers have seen.
final class Sightings: Sendable {
    private let seen = Mutex<[[Int64]]>([])
    var all: [[Int64]] { seen.withLock { $0 } }
    func add(_ positions: [Int64]) { seen.withLock { $0.append(positions) } }
}

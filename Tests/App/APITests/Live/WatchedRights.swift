import API
import Access
import Events
import Synchronization
import TestKit

/// Counts how often rights are asked about.
final class WatchedRights: ChannelRights {
    enum Outcome: Sendable {
        case answer, failure
    }

    private let rights: any ChannelRights
    private let state = Mutex<[Outcome: [Subject: Int]]>([:])

    init(_ rights: any ChannelRights) { self.rights = rights }

    func readable(_ channels: [BroadcastChannel], by subject: Subject) async throws -> Set<BroadcastChannel> {
        do {
            let readable = try await rights.readable(channels, by: subject)
            state.withLock { $0[.answer, default: [:]][subject, default: 0] += 1 }
            return readable
        } catch {
            state.withLock { $0[.failure, default: [:]][subject, default: 0] += 1 }
            throw error
        }
    }

    private func count(_ outcome: Outcome, _ subject: Subject) -> Int { state.withLock { $0[outcome]?[subject] ?? 0 } }

    /// Waits until so many more questions about each subject have had that outcome.
    func wait(for count: Int, _ outcome: Outcome, about subjects: [Subject]) async throws {
        let goals = subjects.map { ($0, self.count(outcome, $0) + count) }
        try await within(.seconds(120), "\(count) questions") {
            while !goals.allSatisfy({ self.count(outcome, $0) >= $1 }) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}

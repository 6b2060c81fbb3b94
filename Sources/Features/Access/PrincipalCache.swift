internal import FoundationEssentials
internal import Synchronization

/// Who a token or session is, for a few seconds, so that most requests ask no database.
///
/// Bounded, and emptied by every change that this process makes; what another process changes shows within ``maximumAge`` seconds.
final class PrincipalCache<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let storedAt: Date
    }

    private struct Entries {
        var current: [String: Entry] = [:]
        var previous: [String: Entry] = [:]
        /// How often it was emptied: what was read before that is not stored after.
        var generation = 0
    }

    static var maximumAge: Double { 5 }
    private let generationLimit: Int
    private let entries = Mutex(Entries())

    init(maximumCount: Int = 20_000) { generationLimit = max(1, maximumCount / 2) }

    func value(_ key: String, at now: Date) -> Value? {
        entries.withLock { entries in
            guard let entry = entries.current[key] ?? entries.previous[key] else { return nil }
            // A clock that was put back makes an entry old, not young.
            let age = now.timeIntervalSince(entry.storedAt)
            return 0...Self.maximumAge ~= age ? entry.value : nil
        }
    }

    var generation: Int { entries.withLock { $0.generation } }

    /// Remembers what was read when ``generation`` had the given value.
    func store(_ value: Value, for key: String, at now: Date, generation: Int) {
        entries.withLock { entries in
            guard entries.generation == generation else { return }
            entries.current[key] = Entry(value: value, storedAt: now)
            guard entries.current.count >= generationLimit else { return }
            entries.previous = entries.current
            entries.current = [:]
        }
    }

    func empty() {
        entries.withLock { entries in
            entries.current = [:]
            entries.previous = [:]
            entries.generation += 1
        }
    }

    var count: Int { entries.withLock { $0.current.count + $0.previous.count } }
}

package import Log
package import Storage
internal import Synchronization

/// Lock notes in Redis: `SET NX PX`, compare-and-extend and compare-and-delete.
///
/// Redis being away is logged once, and again when it is back; nobody waits for it longer than a command's time limit.
package final class RedisLockFront: LockFront {
    private let client: RedisClient
    private let logger: Logger
    private let isAway = Mutex(false)

    package init(_ client: RedisClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// The time limits that suit a mere adviser.
    package static var options: RedisOptions {
        var options = RedisOptions()
        options.connectTimeout = .milliseconds(500)
        options.commandTimeout = .milliseconds(500)
        return options
    }

    package func take(_ key: String, by id: String, for lifetime: Duration) async -> Bool? {
        await ask { client throws(RedisError) in
            if try await client.setIfAbsent(key, to: id, expiringAfter: lifetime) { return true }
            // The holder's own note, of a try whose answer was lost or of an attempt before.
            return try await client.extend(key, ifEqualTo: id, expiringAfter: lifetime)
        }
    }

    package func extend(_ key: String, by id: String, for lifetime: Duration) async {
        await ask { client throws(RedisError) in
            if try await client.extend(key, ifEqualTo: id, expiringAfter: lifetime) { return }
            _ = try await client.setIfAbsent(key, to: id, expiringAfter: lifetime)
        }
    }

    package func release(_ key: String, by id: String) async {
        await ask { client throws(RedisError) in _ = try await client.delete(key, ifEqualTo: id) }
    }

    package func clear(_ key: String) async {
        await ask { client throws(RedisError) in _ = try await client.delete(key) }
    }

    @discardableResult
    private func ask<T: Sendable>(_ body: (RedisClient) async throws(RedisError) -> T) async -> T? {
        do throws(RedisError) {
            let answer = try await body(client)
            if exchange(isAway: false) { logger.info("Redis is back", ["redis": .init(client.server)]) }
            return answer
        } catch {
            if !exchange(isAway: true) {
                logger.warning(
                    "Redis is away: locks are taken in the database alone",
                    ["redis": .init(client.server), "error": .init("\(error)")]
                )
            }
            return nil
        }
    }

    /// Remembers how it is, and says how it was.
    private func exchange(isAway now: Bool) -> Bool {
        isAway.withLock { isAway in
            defer { isAway = now }
            return isAway
        }
    }
}

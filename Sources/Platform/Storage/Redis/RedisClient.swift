internal import Dispatch
internal import Synchronization

/// A connection to Redis for locks: opened when it is first needed, opened again when it broke.
///
/// Commands run one after another on a queue of the client's own. After a failure to connect, calls fail at once until a pause (50 ms,
/// doubled up to 5 s) is over: a lock that has a second judge must not wait for Redis.
package final class RedisClient: @unchecked Sendable {
    private struct State {
        var waitingCount = 0
        var isClosed = false
    }

    // @unchecked: `connection` and `backoff` are touched on `queue` only.
    private var connection: RedisConnection?
    private var backoff = Backoff()
    private let queue = DispatchQueue(label: "redis")
    private let state = Mutex(State())
    private let location: RedisLocation
    private let options: RedisOptions

    /// Where the server is, without user and password.
    package var server: String { location.description }

    /// Makes a client; nothing is connected yet.
    package init(_ location: RedisLocation, options: RedisOptions = RedisOptions()) {
        self.location = location
        self.options = options
    }

    /// Asks the server for a sign of life.
    ///
    /// - Throws: ``RedisError``
    package func ping() async throws(RedisError) {
        guard try await run(["PING"]) == .status("PONG") else { throw unexpected }
    }

    /// The value of a key; nil when there is none or it has expired.
    ///
    /// - Throws: ``RedisError``; also for a value that is no UTF-8 text.
    package func value(of key: String) async throws(RedisError) -> String? {
        switch try await run(["GET", key]) {
        case .none: return nil
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw unexpected }
            return text
        default: throw unexpected
        }
    }

    /// Sets a key that has no value yet, for a limited time, in one step.
    ///
    /// - Parameters:
    ///   - key: The name.
    ///   - value: Of the holder, and of nobody else: it is how the holder is told from others later.
    ///   - duration: After which the key is gone by itself; at least a millisecond.
    /// - Returns: Whether it was set: no, when there was a value.
    /// - Throws: ``RedisError``; after ``RedisError/Reason/connectionLost(server:)`` it may have been set.
    package func setIfAbsent(_ key: String, to value: String, expiringAfter duration: Duration) async throws(RedisError) -> Bool {
        switch try await run(["SET", key, value, "NX", "PX", "\(duration.wholeMilliseconds)"]) {
        case .status("OK"): return true
        case .none: return false
        default: throw unexpected
        }
    }

    /// Removes a key if it still has this value, in one step.
    ///
    /// - Returns: Whether it had and was removed.
    /// - Throws: ``RedisError``; after ``RedisError/Reason/connectionLost(server:)`` it may have been removed.
    @discardableResult
    package func delete(_ key: String, ifEqualTo value: String) async throws(RedisError) -> Bool {
        try flag(await run(["EVAL", Self.compareAndDelete, "1", key, value]))
    }

    /// Lets a key live longer, counted from now, if it still has this value; in one step.
    ///
    /// - Returns: Whether it had.
    /// - Throws: ``RedisError``
    package func extend(_ key: String, ifEqualTo value: String, expiringAfter duration: Duration) async throws(RedisError) -> Bool {
        try flag(await run(["EVAL", Self.compareAndExtend, "1", key, value, "\(duration.wholeMilliseconds)"]))
    }

    /// Removes a key, whatever its value.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``RedisError``
    @discardableResult
    package func delete(_ key: String) async throws(RedisError) -> Bool { try flag(await run(["DEL", key])) }

    /// Refuses new commands and closes the connection when the ones that wait are done.
    package func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            queue.async {
                self.connection = nil
                continuation.resume()
            }
        }
    }

    // MARK: - Details

    private static let compareAndDelete = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """
    private static let compareAndExtend = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return 0
        """

    private var unexpected: RedisError { RedisError(.unexpectedAnswer(server: server)) }

    private func flag(_ answer: RedisAnswer) throws(RedisError) -> Bool {
        guard case .integer(let number) = answer else { throw unexpected }
        return number == 1
    }

    private func run(_ words: [String]) async throws(RedisError) -> RedisAnswer {
        try state.withLock { state throws(RedisError) in
            if state.isClosed { throw RedisError(.closed) }
            guard state.waitingCount < options.waiting else { throw RedisError(.busy) }
            state.waitingCount += 1
        }
        let result: Result<RedisAnswer, RedisError> = await withCheckedContinuation { continuation in
            queue.async {
                let result = Result { () throws(RedisError) in try self.answer(words) }
                self.state.withLock { $0.waitingCount -= 1 }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    /// On the queue.
    private func answer(_ words: [String]) throws(RedisError) -> RedisAnswer {
        let connection = try usableConnection()
        do throws(RedisError) {
            let answer = try connection.run(words)
            guard case .error(let message) = answer else { return answer }
            let code = RedisAnswer.code(of: message)
            // The password was changed while the connection stood.
            if code == "NOAUTH" { throw RedisError(.authenticationFailed(server: server)) }
            throw RedisError(.refused(server: server, code: code))
        } catch {
            if case .refused = error.reason { throw error }
            self.connection = nil
            throw error
        }
    }

    private func usableConnection() throws(RedisError) -> RedisConnection {
        if let connection, !connection.isBroken { return connection }
        connection = nil
        if backoff.pause() != nil { throw RedisError(.unreachable(server: server), cause: "it could not be reached a moment ago") }
        do throws(RedisError) {
            let opened = try RedisConnection(location, options: options)
            backoff.succeeded()
            connection = opened
            return opened
        } catch {
            backoff.failed(jitter: .random(in: 0.5...1))
            throw error
        }
    }
}

extension Duration {
    /// Redis counts a key's life in whole milliseconds, at least one.
    fileprivate var wholeMilliseconds: Int64 { max(1, Int64(components.seconds) * 1000 + components.attoseconds / 1_000_000_000_000_000) }
}

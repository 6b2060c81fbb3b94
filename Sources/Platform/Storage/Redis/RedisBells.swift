internal import Dispatch
internal import Synchronization

/// Doorbells over Redis' publish and subscribe, in front of PostgreSQL's NOTIFY.
///
/// PostgreSQL lets only one transaction at a time commit a NOTIFY; Redis has no such queue. It carries rings and nothing else: while it is
/// away the database rings, and what a broken connection swallowed is rung there too.
///
/// - SeeAlso: `docs/decisions/0015-rings-over-redis.md`
final class RedisBells: @unchecked Sendable {
    /// Rings that wait for the publisher, each channel once.
    private struct Waiting {
        var channels: [String] = []
        var isScheduled = false
        var isClosed = false
    }

    // @unchecked: these four are touched on `queue` only.
    private var connection: RedisConnection?
    private var backoff = Backoff()
    private var isConnecting = false
    private var whenLost: (@Sendable ([String]) -> Void)?
    private let queue = DispatchQueue(label: "redis doorbells")
    private let waiting = Mutex(Waiting())
    private let isConnected = Atomic(false)
    private let location: RedisLocation
    private let options: RedisOptions
    private let listener: RedisBellListener

    /// Whether a ring would go out now: when not, it belongs into the transaction.
    var carries: Bool { isConnected.load(ordering: .acquiring) }

    /// - Parameters:
    ///   - location: Of the server.
    ///   - doorbells: What rings in this process.
    init(_ location: RedisLocation, doorbells: Doorbells) {
        var options = RedisOptions()
        // A ring that is later than that is of no use: those who listen look once a second anyway.
        options.connectTimeout = .milliseconds(500)
        options.commandTimeout = .milliseconds(500)
        self.location = location
        self.options = options
        listener = RedisBellListener(location, options: options, doorbells: doorbells)
    }

    /// Says what to do with channels whose ring may not have gone out.
    func onLoss(_ body: @escaping @Sendable ([String]) -> Void) { queue.async { self.whenLost = body } }

    /// Hears a channel's rings, and begins to carry this process's own: a program that waits for nothing ends before that is worth a connection.
    func listen(_ channel: String) {
        listener.add(channel)
        queue.async { self.connect() }
    }

    /// Rings in every other process, soon; rings that wait together go out together.
    func ring(_ channels: [String]) {
        let isFirst = waiting.withLock { waiting in
            for channel in channels where !waiting.channels.contains(channel) { waiting.channels.append(channel) }
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if isFirst { queue.async { self.publish() } }
    }

    func close() async {
        await listener.close()
        waiting.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            queue.async {
                self.disconnect()
                continuation.resume()
            }
        }
    }

    // MARK: On the queue

    private func publish() {
        let channels = waiting.withLock { waiting in
            defer {
                waiting.channels = []
                waiting.isScheduled = false
            }
            return waiting.channels
        }
        guard let connection else {
            whenLost?(channels)
            return
        }
        do throws(RedisError) {
            let commands = channels.map { ["PUBLISH", RedisBellListener.name(of: $0, in: location), listener.ownMark] }
            for answer in try connection.run(commands) {
                // Not allowed to this user, or a server that is no Redis.
                guard case .integer = answer else { throw RedisError(.unexpectedAnswer(server: location.description)) }
            }
            backoff.succeeded()
        } catch {
            disconnect()
            // A ring too many does no harm, one too few does.
            whenLost?(channels)
            backoff.failed(jitter: .random(in: 0.5...1))
            connect()
        }
    }

    private func connect() {
        guard connection == nil, !isConnecting, !waiting.withLock(\.isClosed) else { return }
        if let pause = backoff.pause() {
            isConnecting = true
            // Weak: a database that was dropped without close() must not try for ever.
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause.milliseconds) + 1)) { [weak self] in
                self?.isConnecting = false
                self?.connect()
            }
            return
        }
        do throws(RedisError) {
            connection = try RedisConnection(location, options: options)
            isConnected.store(true, ordering: .releasing)
        } catch {
            backoff.failed(jitter: .random(in: 0.5...1))
            connect()
        }
    }

    private func disconnect() {
        isConnected.store(false, ordering: .releasing)
        connection = nil
    }
}

internal import Dispatch
internal import Host

/// Subscribes to the doorbells of other processes: one connection, opened with the first channel and again, with backoff, whenever it breaks.
///
/// While it can't be opened it rings by itself at each try, at most 5 s apart: others may reach the server that this process doesn't.
final class RedisBellListener: @unchecked Sendable {
    /// What this process's own rings carry, so that it doesn't hear them twice.
    let ownMark = String(UInt64.random(in: .min ... .max), radix: 36)

    // @unchecked: what isn't `let` is touched on `queue` only.
    private var channels: [String: String] = [:]
    private var connection: RedisConnection?
    private var watch: ReadWatch?
    private var backoff = Backoff()
    private var isConnecting = false
    private var isClosed = false
    private let location: RedisLocation
    private let options: RedisOptions
    private let doorbells: Doorbells
    private let queue = DispatchQueue(label: "redis subscriptions")

    init(_ location: RedisLocation, options: RedisOptions, doorbells: Doorbells) {
        self.location = location
        self.options = options
        self.doorbells = doorbells
    }

    /// A channel's name in Redis, whose channels know no databases; another installation on the same one only rings once too often.
    static func name(of channel: String, in location: RedisLocation) -> String { "slipway:\(location.database):bell:\(channel)" }

    func add(_ channel: String) { queue.async { self.subscribe(to: channel) } }

    func close() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.isClosed = true
                self.disconnect()
                continuation.resume()
            }
        }
    }

    // MARK: On the queue

    private func subscribe(to channel: String) {
        let name = Self.name(of: channel, in: location)
        guard !isClosed, channels.updateValue(channel, forKey: name) == nil else { return }
        guard let connection else { return connect() }
        do throws(RedisError) { try connection.send(["SUBSCRIBE", name]) } catch { reconnect() }
    }

    private func connect() {
        guard !isClosed, !isConnecting, connection == nil else { return }
        if let pause = backoff.pause() {
            isConnecting = true
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause.milliseconds) + 1)) { [weak self] in
                self?.isConnecting = false
                self?.connect()
            }
            return
        }
        do throws(RedisError) {
            let connection = try RedisConnection(location, options: options)
            try connection.send(["SUBSCRIBE"] + channels.keys)
            watch = try connection.watch(on: queue) { [weak self] in self?.receive() }
            self.connection = connection
        } catch {
            reconnect()
        }
    }

    private func receive() {
        guard let connection else { return }
        do throws(RedisError) {
            for answer in try connection.received() { try take(answer) }
        } catch {
            reconnect()
        }
    }

    /// - SeeAlso: <https://redis.io/docs/latest/develop/interact/pubsub/#format-of-pushed-messages>
    private func take(_ answer: RedisAnswer) throws(RedisError) {
        guard case .list(let parts) = answer, parts.count == 3, case .bytes(let kind) = parts[0], case .bytes(let name) = parts[1],
            let channel = channels[String(decoding: name, as: UTF8.self)]
        else { throw RedisError(.unexpectedAnswer(server: location.description)) }
        // Not before: a server may accept a connection and refuse its subscriptions, each time anew.
        backoff.succeeded()
        // Subscribed: what was rung before went by unheard.
        if kind == Array("message".utf8), parts[2] == .bytes(Array(ownMark.utf8)) { return }
        doorbells.ring(channel)
    }

    private func reconnect() {
        disconnect()
        doorbells.ringAll()
        backoff.failed(jitter: .random(in: 0.5...1))
        connect()
    }

    private func disconnect() {
        watch = nil
        connection = nil
    }
}

internal import CPostgres
internal import Dispatch
internal import Glibc
internal import Host
internal import Synchronization

/// Doorbells over LISTEN: one connection of its own, opened with the first listener and again, with backoff, whenever it breaks.
final class PostgresBells: @unchecked Sendable {
    // @unchecked: what isn't `let` or atomic is touched on `queue` only.
    private let address: PostgresAddress
    private let options: DatabaseOptions
    private let queue = DispatchQueue(label: "postgres doorbells")
    private let doorbells: Doorbells
    private let isConnected = Atomic(false)
    private var channels: Set<String> = []
    private var handle: PostgresHandle?
    private var watch: ReadWatch?
    private var backoff = Backoff()
    private var isConnecting = false
    private var isClosed = false

    init(_ address: PostgresAddress, options: DatabaseOptions, doorbells: Doorbells) {
        self.address = address
        self.options = options
        self.doorbells = doorbells
    }

    func listen(_ channel: String) -> AsyncStream<Void> {
        let stream = doorbells.listen(channel)
        queue.async { self.add(channel) }
        return stream
    }

    /// Rings in this process, when the server can't tell it at the moment.
    func ringHere(_ channels: [String]) {
        guard !isConnected.load(ordering: .acquiring) else { return }
        for channel in channels { doorbells.ring(channel) }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.isClosed = true
                self.disconnect()
                continuation.resume()
            }
        }
        doorbells.close()
    }

    // MARK: On the queue

    private func add(_ channel: String) {
        guard !isClosed, channels.insert(channel).inserted else { return }
        guard let handle else { return connect() }
        if send("LISTEN \(channel)", on: handle) { doorbells.ring(channel) } else { reconnect() }
    }

    private func connect() {
        guard !isClosed, !isConnecting, handle == nil else { return }
        if let pause = backoff.pause() {
            isConnecting = true
            // Weak: a database that was dropped without close() must not try for ever.
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause.milliseconds) + 1)) { [weak self] in
                self?.isConnecting = false
                self?.connect()
            }
            return
        }
        do throws(StorageError) {
            let handle = try PostgresHandle(address, options: options)
            guard channels.allSatisfy({ send("LISTEN \($0)", on: handle) }) else { throw StorageError(.connectionLost) }
            try follow(handle)
            backoff.succeeded()
        } catch {
            backoff.failed(jitter: .random(in: 0.5...1))
            connect()
        }
    }

    private func follow(_ handle: PostgresHandle) throws(StorageError) {
        do throws(HostError) {
            watch = try ReadWatch(descriptor: PQsocket(handle.pointer), queue: queue) { [weak self] in self?.receive() }
        } catch {
            throw StorageError(.failing(error.description))
        }
        self.handle = handle
        isConnected.store(true, ordering: .releasing)
        // What was committed while nobody listened rang for nobody.
        doorbells.ringAll()
    }

    private func receive() {
        guard let handle else { return }
        guard PQconsumeInput(handle.pointer) == 1, !handle.isBroken else { return reconnect() }
        while let notification = PQnotifies(handle.pointer) {
            doorbells.ring(String(cString: notification.pointee.relname))
            PQfreemem(notification)
        }
    }

    private func reconnect() {
        disconnect()
        backoff.failed(jitter: .random(in: 0.5...1))
        connect()
    }

    private func disconnect() {
        isConnected.store(false, ordering: .releasing)
        watch = nil
        handle = nil
    }

    private func send(_ text: String, on handle: PostgresHandle) -> Bool {
        guard let result = PQexec(handle.pointer, text) else { return false }
        return PostgresResult(owning: result).isSuccess
    }
}

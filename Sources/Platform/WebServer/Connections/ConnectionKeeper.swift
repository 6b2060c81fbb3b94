internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that accepts connections, looks at their deadlines, and learns when clients go away while their handlers work.
final class ConnectionKeeper: @unchecked Sendable {
    /// What somebody waits for the end of.
    enum Rest {
        case connections
        case connectionsAndHandlers
    }

    private struct Waiter {
        let rest: Rest
        let until: ContinuousClock.Instant
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Orders {
        var mustCloseListeners = false
        var mustCut = false
        var mustEnd = false
        var waiters: [Waiter] = []
        var endWaiter: CheckedContinuation<Void, Never>?
    }

    private static let tick = 250
    /// In a tag of the poller: a connection's, not a listener's.
    private static let connectionTag: UInt64 = 1 << 63

    // @unchecked: what is `var` is touched on the keeper's thread only.
    private let core: ServerCore
    private let listeners: [(socket: ListeningSocket, daemon: Daemon)]
    private let orders = Mutex(Orders())
    private var isListening = true
    /// No descriptor was left: accepting goes on with the next tick.
    private var isResting = false
    private var lastSweep = ContinuousClock.now

    init(_ core: ServerCore, _ listeners: [(socket: ListeningSocket, daemon: Daemon)]) {
        self.core = core
        self.listeners = listeners
        for (index, listener) in listeners.enumerated() {
            core.poller.add(listener.socket.descriptor, tag: UInt64(index), EPOLLIN.rawValue)
        }
    }

    func start() {
        // It ends by `end()`, which whoever stops the server awaits.
        LoopThread.start("connections") { self.run() }
    }

    // MARK: - From other threads

    /// Closes the listening sockets: nobody else is accepted.
    func closeListeners() { order { $0.mustCloseListeners = true } }

    /// Cancels all handlers and closes all connections.
    func cut() { order { $0.mustCut = true } }

    /// Waits until no connection, or neither connection nor handler, is left.
    ///
    /// - Parameters:
    ///   - limit: The longest wait.
    ///   - rest: What is waited for.
    /// - Returns: False when some are left.
    func drained(within limit: Duration, of rest: Rest = .connectionsAndHandlers) async -> Bool {
        await withCheckedContinuation { continuation in
            order { $0.waiters.append(Waiter(rest: rest, until: .now + limit, continuation: continuation)) }
        }
    }

    /// Ends the thread.
    func end() async {
        await withCheckedContinuation { continuation in
            order { orders in
                orders.mustEnd = true
                orders.endWaiter = continuation
            }
        }
    }

    private func order(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        core.poller.ring()
    }

    // MARK: - On the keeper's thread

    private func run() {
        while true {
            core.poller.wait(patience) { event in
                if event.tag == Poller.bell { return }
                if event.tag & Self.connectionTag == 0 { accept(listeners[Int(event.tag)]) } else { hungUp(event.tag) }
            }
            if obey() { return }
            sweep()
        }
    }

    /// Without connections there is nothing to look at.
    private var patience: Int {
        let isAwaited = orders.withLock { !$0.waiters.isEmpty }
        if isAwaited { return 20 }
        return core.connections.count > 0 || isResting ? Self.tick : -1
    }

    /// True when the thread is to end.
    private func obey() -> Bool {
        let (mustCloseListeners, mustCut) = orders.withLock { orders in
            defer { orders.mustCut = false }
            return (orders.mustCloseListeners, orders.mustCut)
        }
        if mustCloseListeners, isListening {
            isListening = false
            for listener in listeners {
                core.poller.remove(listener.socket.descriptor)
                listener.socket.close()
            }
        }
        if mustCut { cutAll() }
        answerWaiters()
        let endWaiter = orders.withLock { $0.mustEnd ? $0.endWaiter : nil }
        endWaiter?.resume()
        return endWaiter != nil
    }

    private func answerWaiters() {
        let hasNoConnection = core.connections.count == 0
        let hasNothing = hasNoConnection && core.handlerCount == 0
        let now = ContinuousClock.now
        func isOver(_ waiter: Waiter) -> Bool { waiter.rest == .connections ? hasNoConnection : hasNothing }
        let answered = orders.withLock { orders in
            let (over, left) = orders.waiters.split { isOver($0) || now > $0.until }
            orders.waiters = left
            return over
        }
        for waiter in answered { waiter.continuation.resume(returning: isOver(waiter)) }
    }

    private func cutAll() {
        var exchanges: [Exchange] = []
        core.connections.forEach { connection in
            if let exchange = connection.exchange { exchanges.append(exchange) }
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
        }
        for exchange in exchanges { exchange.handoff.abort() }
    }

    private func hungUp(_ tag: UInt64) {
        let number = (tag & ~Self.connectionTag) >> 24
        let exchange = core.connections.with(descriptor: Int32(tag & 0xFF_FFFF), number: number) { $0.hungUp() }
        // Handlers' own code runs in it: not under the table's lock.
        exchange??.handoff.abort()
    }

    private func sweep() {
        let now = ContinuousClock.now
        // A stop closes idle connections at once.
        guard now - lastSweep >= .milliseconds(core.isStopping ? 10 : Self.tick - 10) else { return }
        lastSweep = now
        if isResting, isListening {
            isResting = false
            for (index, listener) in listeners.enumerated() {
                core.poller.modify(listener.socket.descriptor, tag: UInt64(index), EPOLLIN.rawValue)
            }
        }
        let isStopping = core.isStopping
        var late: [Exchange] = []
        core.connections.forEach { connection in
            switch connection.check(now, isStopping: isStopping) {
            case .none: break
            case .close: shutdown(connection.descriptor, Int32(SHUT_RDWR))
            case .timeOut:
                if !connection.isEncrypted { RawAnswer.sendTimeout(to: connection.descriptor) }
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
            case .watch:
                let tag = Self.connectionTag | connection.number << 24 | UInt64(connection.descriptor)
                core.poller.add(connection.descriptor, tag: tag, EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue)
            case .handlerTimeOut(let exchange): late.append(exchange)
            }
        }
        for exchange in late { exchange.handoff.replace(by: .text("The answer took too long.\n", status: 504)) }
    }

    // MARK: - Accepting

    private func accept(_ listener: (socket: ListeningSocket, daemon: Daemon)) {
        guard isListening else { return }
        // Not for ever: others wait to be looked at.
        for _ in 0..<512 {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let isGoingOn = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
                    let descriptor = accept4(listener.socket.descriptor, address, &length, flags)
                    guard descriptor >= 0 else { return goesOn(after: errno) }
                    take(descriptor, pointer.pointee, address, length, listener)
                    return true
                }
            }
            if !isGoingOn { return }
        }
    }

    private func goesOn(after code: Int32) -> Bool {
        switch code {
        case ECONNABORTED, EINTR: return true
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // The listening socket stays ready: without a rest this thread would spin.
            isResting = true
            for (index, listener) in listeners.enumerated() { core.poller.modify(listener.socket.descriptor, tag: UInt64(index), 0) }
            return false
        default: return false
        }
    }

    private func take(
        _ descriptor: Int32,
        _ storage: sockaddr_storage,
        _ address: UnsafePointer<sockaddr>,
        _ length: socklen_t,
        _ listener: (socket: ListeningSocket, daemon: Daemon)
    ) {
        let ip = IPAddress(storage)
        guard let ticket = core.admission.admit(ip) else {
            close(descriptor)
            return
        }
        var client = Client(address: ip?.text ?? "unix", host: "")
        if case .tcp(_, _, let tls) = listener.socket.listener {
            if tls != nil { client.scheme = "https" }
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        } else {
            let user = slipway_peer_user(descriptor)
            client.localUser = user >= 0 ? UInt32(user) : nil
        }
        let connection = Connection(
            number: core.newNumber(),
            descriptor: descriptor,
            address: ip,
            client: client,
            isFromTrustedProxy: ip.map { ip in core.trustedProxies.contains { $0.contains(ip) } } ?? false,
            ticket: ticket,
            limits: core.limits
        )
        // Before the library has it: its thread asks for it at once.
        core.connections.add(connection)
        guard listener.daemon.add(descriptor, address, length) else {
            core.connections.remove(connection)
            ticket.giveBack()
            return
        }
    }
}

extension Array {
    /// Those for which a condition holds, and the others.
    fileprivate func split(_ isFirst: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(isFirst), filter { !isFirst($0) })
    }
}

internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that receives and sends for all WebSockets of a server.
final class SocketLoop: @unchecked Sendable {
    /// What other threads ask for, in order.
    enum Command: Sendable {
        case add(WebSocket)
        case offer(EncodedFrame, WebSocket)
        case broadcast(EncodedFrame, [WebSocket])
        case overflow(WebSocket)
        case close(WebSocket, UInt16, String, WebSocketClosure)
        case limit(WebSocket, messageBytes: Int, frameBytes: Int)
        case resumeReading(WebSocket)
        case stop
    }

    private struct Mailbox {
        var commands: [Command] = []
        var isRunning = false
        var isStopped = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    // @unchecked: `sockets`, `isStopping`, `lastSweep` and `scratch` are touched on the loop's thread only; the rest is behind the mutex.
    private let poller: Poller
    private let mailbox = Mutex(Mailbox())
    private var sockets: [UInt64: WebSocket] = [:]
    private var isStopping = false
    private var lastSweep = ContinuousClock.now
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    private let count = Atomic(0)

    init() throws(WebServerError) { poller = try Poller() }

    deinit { scratch.deallocate() }

    /// Open sockets, and those whose close isn't over.
    var socketCount: Int { count.load(ordering: .relaxed) }

    /// Hands a command over; from any thread.
    ///
    /// The loop's own thread begins with the first.
    func post(_ command: Command) {
        let (mustRing, mustStart, isLate) = mailbox.withLock { mailbox -> (Bool, Bool, Bool) in
            if mailbox.isStopped { return (false, false, true) }
            mailbox.commands.append(command)
            defer { mailbox.isRunning = true }
            return (mailbox.commands.count == 1, !mailbox.isRunning, false)
        }
        if isLate {
            if case .add(let socket) = command {
                socket.finish(.stopping)
                socket.link.refuse()
            }
            return
        }
        // The thread ends with `stop`, which whoever stops the server awaits.
        if mustStart { LoopThread.start("websockets") { self.run() } }
        if mustRing { poller.ring() }
    }

    /// Closes all sockets with 1001 and waits until they are; at most their ``WebSocketOptions/closeTime``.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isIdle = mailbox.withLock { mailbox in
                guard mailbox.isRunning, !mailbox.isStopped else {
                    mailbox.isStopped = true
                    return true
                }
                mailbox.stopWaiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() } else { post(.stop) }
        }
    }

    // MARK: - On the loop's thread

    private func run() {
        while true {
            poller.wait(sockets.isEmpty ? -1 : 250) { event in
                if event.tag == Poller.bell { return obey() }
                guard let socket = sockets[event.tag] else { return }
                let isBroken = event.has(EPOLLHUP) || event.has(EPOLLERR)
                if isBroken, socket.link.isReadingPaused || socket.link.isFull { return rest(socket) }
                if event.has(EPOLLIN) || isBroken { receive(socket) }
                if event.has(EPOLLOUT), sockets[event.tag] != nil { flush(socket) }
            }
            sweep()
            if isStopping, sockets.isEmpty, end() { return }
        }
    }

    /// Whether nothing is left to do; nobody can post any more then.
    private func end() -> Bool {
        let waiters = mailbox.withLock { mailbox -> [CheckedContinuation<Void, Never>]? in
            guard mailbox.commands.isEmpty else { return nil }
            mailbox.isStopped = true
            defer { mailbox.stopWaiters = [] }
            return mailbox.stopWaiters
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }

    private func obey() {
        let commands = mailbox.withLock { mailbox in
            defer { mailbox.commands = [] }
            return mailbox.commands
        }
        for command in commands {
            switch command {
            case .add(let socket): add(socket)
            case .offer(let frame, let socket): offer(frame, to: socket)
            case .broadcast(let frame, let sockets): for socket in sockets { offer(frame, to: socket) }
            case .overflow(let socket):
                giveUp(socket)
            case .limit(let socket, let messageBytes, let frameBytes):
                guard sockets[socket.link.number] != nil else { continue }
                socket.link.limit(messageBytes: messageBytes, frameBytes: frameBytes)
            case .close(let socket, let code, let reason, let closure):
                beginClose(socket, closure, frame: .close(code, reason: reason))
            case .resumeReading(let socket):
                guard sockets[socket.link.number] != nil, socket.link.isReadingPaused else { continue }
                socket.link.isReadingPaused = false
                watch(socket.link)
                receive(socket)
            case .stop:
                isStopping = true
                for socket in Array(sockets.values) { beginClose(socket, .stopping, frame: .close(1001)) }
            }
        }
    }

    private func add(_ socket: WebSocket) {
        let link = socket.link
        sockets[link.number] = socket
        count.store(sockets.count, ordering: .relaxed)
        guard link.open(for: socket), poller.add(link.descriptor, tag: link.number, EPOLLIN.rawValue) else {
            return remove(socket, .connectionLost)
        }
        if isStopping { beginClose(socket, .stopping, frame: .close(1001)) } else { receive(socket) }
    }

    private func offer(_ frame: EncodedFrame, to socket: WebSocket) {
        let link = socket.link
        guard link.closeDeadline == nil, sockets[link.number] != nil else { return }
        guard link.outbox.isEmpty else {
            // What already waits for the connection goes first, when it is ready.
            link.outbox.append(frame.bytes)
            if !link.isWriteAwaited { flush(socket) } else if link.updateIsFull(socket.pendingLimit) { watch(link) }
            return
        }
        guard link.sendFirst(frame.bytes) else { return remove(socket, .connectionLost) }
        if link.updateIsFull(socket.pendingLimit) || link.isWriteAwaited { watch(link) }
    }

    /// The client takes too little of what it is sent.
    private func giveUp(_ socket: WebSocket) {
        guard sockets[socket.link.number] != nil else { return }
        socket.link.outbox.dropWaiting()
        beginClose(socket, .slowReader, frame: .close(socket.options.slowReaderCode, reason: "too slow"))
    }

    private func receive(_ socket: WebSocket) {
        switch socket.link.receive() {
        case .fine: flush(socket)
        case .end: remove(socket, .connectionLost)
        case .closing(let closure): beginClose(socket, closure, frame: nil)
        }
    }

    private func flush(_ socket: WebSocket) {
        let link = socket.link
        let wasAwaited = link.isWriteAwaited
        guard link.flush(scratch) else { return remove(socket, .connectionLost) }
        if link.closeDeadline != nil, link.outbox.isEmpty {
            // The client has the last word, and the server closes; RFC 6455, section 7.1.1.
            if case .client = socket.closure { return remove(socket, .connectionLost) }
            shutdown(link.descriptor, Int32(SHUT_WR))
        }
        let hasChanged = link.updateIsFull(socket.pendingLimit)
        if hasChanged || link.isWriteAwaited != wasAwaited { watch(link) }
        // What came with the handshake is in no descriptor that could become ready.
        if hasChanged, !link.isFull, link.hasEarlyBytes { receive(socket) }
    }

    /// Tells the handler, and then the client, unless the link has answered it already.
    private func beginClose(_ socket: WebSocket, _ closure: WebSocketClosure, frame: EncodedFrame?) {
        let link = socket.link
        guard sockets[link.number] != nil, link.closeDeadline == nil else { return }
        socket.finish(closure)
        if let frame { link.outbox.append(frame.bytes) }
        link.closeDeadline = .now + socket.options.closeTime
        link.isReadingPaused = false
        _ = link.updateIsFull(socket.pendingLimit)
        watch(link)
        flush(socket)
    }

    private func remove(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard sockets.removeValue(forKey: socket.link.number) != nil else { return }
        count.store(sockets.count, ordering: .relaxed)
        poller.remove(socket.link.descriptor)
        socket.finish(closure)
        socket.link.close()
    }

    private func watch(_ link: SocketLink) {
        let reading = link.isReadingPaused || link.isFull ? 0 : EPOLLIN.rawValue
        let events = reading | (link.isWriteAwaited ? EPOLLOUT.rawValue : 0)
        if link.isUnwatched {
            link.isUnwatched = false
            poller.add(link.descriptor, tag: link.number, events)
        } else {
            poller.modify(link.descriptor, tag: link.number, events)
        }
    }

    /// The client is gone while nothing is read from it: what it has sent is read when the handler is ready.
    private func rest(_ socket: WebSocket) {
        guard socket.link.outbox.isEmpty else { return remove(socket, .connectionLost) }
        // An end can't be masked: it would wake the loop until then.
        poller.remove(socket.link.descriptor)
        socket.link.isUnwatched = true
    }

    /// Pings and deadlines.
    private func sweep() {
        let now = ContinuousClock.now
        guard now - lastSweep >= .milliseconds(200) else { return }
        lastSweep = now
        for socket in Array(sockets.values) {
            let link = socket.link
            if let deadline = link.closeDeadline {
                if now > deadline { remove(socket, .connectionLost) }
            } else if link.isFull, now - link.outbox.lastTaken > socket.options.pongTime {
                giveUp(socket)
            } else if link.isReadingPaused || link.isFull {
                // It can't be heard: the handler is the slow one, or it has too much to take before.
                (link.lastHeard, link.pingedAt) = (now, nil)
            } else if let pingedAt = link.pingedAt {
                if link.lastHeard > pingedAt {
                    link.pingedAt = nil
                } else if now - pingedAt > socket.options.pongTime {
                    remove(socket, .pingTimeout)
                }
            } else if now - link.lastHeard > socket.options.pingInterval {
                link.pingedAt = now
                if socket.reserve(EncodedFrame.ping.byteCount) { offer(.ping, to: socket) }
            }
        }
    }
}

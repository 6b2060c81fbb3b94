internal import Synchronization

/// One client on a WebSocket.
///
/// Receive by iterating over ``messages``; send with ``send(_:)``, which waits for a slow client, or ``offer(_:)``, which never waits
/// and gives a client up that falls too far behind.
package final class WebSocket: Sendable {
    private struct State {
        var inbox: [WebSocketMessage] = []
        var inboxBytes = 0
        var inboxLimit: Int
        var isPaused = false
        var reader: CheckedContinuation<WebSocketMessage?, Never>?
        var roomWaiters: [CheckedContinuation<Void, Never>] = []
        var closure: WebSocketClosure?
        var task: Task<Void, Never>?
    }

    /// As the socket was made with.
    package let options: WebSocketOptions
    let link: SocketLink
    private let loop: SocketLoop
    private let state: Mutex<State>
    private let pendingBytes: Atomic<Int>
    /// Bytes that wait for the client, those on their way to the loop included.
    private let pending = Atomic(0)
    private let isRoomAwaited = Atomic(false)
    private let isClosed = Atomic(false)

    init(_ link: SocketLink, loop: SocketLoop, options: WebSocketOptions) {
        self.link = link
        self.loop = loop
        self.options = options
        state = Mutex(State(inboxLimit: options.inboxBytes))
        pendingBytes = Atomic(options.pendingBytes)
    }

    /// Gives the client other bounds, for example once it has shown who it is.
    ///
    /// - Parameter options: Those that count bytes hold from now on; times and codes stay as they were.
    package func setBounds(_ options: WebSocketOptions) {
        pendingBytes.store(options.pendingBytes, ordering: .relaxed)
        state.withLock { $0.inboxLimit = options.inboxBytes }
        loop.post(.limit(self, messageBytes: options.messageBytes, frameBytes: options.frameBytes))
    }

    // MARK: - Receiving

    /// What the client sends, in order, for one reader; ends when the socket closes.
    package var messages: Messages { Messages(socket: self) }

    /// Why the socket is closed; nil while it is open.
    package var closure: WebSocketClosure? { state.withLock { $0.closure } }

    package struct Messages: AsyncSequence, Sendable {
        package typealias Element = WebSocketMessage
        package typealias Failure = Never
        fileprivate let socket: WebSocket

        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let socket: WebSocket

            package mutating func next() async -> WebSocketMessage? { await socket.nextMessage() }
            package mutating func next(isolation actor: isolated (any Actor)?) async -> WebSocketMessage? { await socket.nextMessage() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(socket: socket) }
    }

    // MARK: - Sending

    /// Sends a message; waits while ``WebSocketOptions/pendingBytes`` are waiting already.
    ///
    /// - Parameter frame: The message.
    /// - Returns: False when the socket is closed, and the message lost.
    @discardableResult
    package func send(_ frame: EncodedFrame) async -> Bool {
        while !isClosed.load(ordering: .acquiring) {
            if hasRoom(for: frame.byteCount) { return offer(frame) }
            await room(for: frame.byteCount)
        }
        return false
    }

    /// Sends a message without waiting.
    ///
    /// - Parameter frame: The message.
    /// - Returns: False when the socket is closed, or when it is closed now, because the client has let too much wait.
    @discardableResult
    package func offer(_ frame: EncodedFrame) -> Bool {
        guard reserve(frame.byteCount) else { return false }
        loop.post(.offer(frame, self))
        return true
    }

    /// Sends one message to many, without waiting and without a copy for each.
    ///
    /// All sockets of a server get the messages of several calls in the same order.
    ///
    /// - Parameters:
    ///   - frame: The message.
    ///   - sockets: Open ones; closed ones are passed over, those of readers too slow are closed.
    package static func offer(_ frame: EncodedFrame, to sockets: [WebSocket]) {
        var rest = sockets[...]
        // Those of one server have one loop.
        while let loop = rest.first?.loop {
            let own = rest.prefix { $0.loop === loop }
            rest = rest.dropFirst(own.count)
            loop.post(.broadcast(frame, own.filter { $0.reserve(frame.byteCount) }))
        }
    }

    /// Asks the client for a sign of life; the server does so by itself, too.
    ///
    /// - Parameter payload: At most 125 bytes, which the client sends back.
    package func ping(_ payload: [UInt8] = []) { offer(.ping(payload)) }

    /// Closes the socket in order: what was sent before goes out first.
    ///
    /// - Parameters:
    ///   - code: RFC 6455, section 7.4: 1000 for a normal end, 3000 to 4999 for one's own.
    ///   - reason: At most 123 bytes; the rest is left out.
    package func close(_ code: UInt16 = 1000, reason: String = "") {
        loop.post(.close(self, code, reason, .server(code: code)))
    }

    // MARK: - The loop's side

    /// What may wait for the client, in bytes.
    var pendingLimit: Int { pendingBytes.load(ordering: .relaxed) }

    /// Counts bytes that the loop sends by itself; false when there are too many.
    func reserve(_ count: Int) -> Bool {
        guard !isClosed.load(ordering: .relaxed) else { return false }
        let before = pending.add(count, ordering: .sequentiallyConsistent).oldValue
        guard before > 0, before + count > pendingLimit else { return true }
        loop.post(.overflow(self))
        return false
    }

    /// Bytes have left for the client.
    func sent(_ count: Int) {
        let left = pending.subtract(count, ordering: .sequentiallyConsistent).newValue
        guard left <= pendingLimit / 2, isRoomAwaited.load(ordering: .sequentiallyConsistent) else { return }
        wakeSenders()
    }

    /// A message came; false when no more should be read for now.
    func deliver(_ message: WebSocketMessage, _ count: Int) -> Bool {
        let (reader, isPaused) = state.withLock { state -> (CheckedContinuation<WebSocketMessage?, Never>?, Bool) in
            if state.closure != nil { return (nil, false) }
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.inbox.append(message)
            // A message of no bytes takes memory, too.
            state.inboxBytes += count + 32
            if state.inboxBytes >= state.inboxLimit { state.isPaused = true }
            return (nil, state.isPaused)
        }
        reader?.resume(returning: message)
        return !isPaused
    }

    /// The socket is closed, or begins to be: the handler learns it.
    ///
    /// The first reason stays.
    func finish(_ closure: WebSocketClosure) {
        let (reader, task) = state.withLock { state -> (CheckedContinuation<WebSocketMessage?, Never>?, Task<Void, Never>?) in
            guard state.closure == nil else { return (nil, nil) }
            state.closure = closure
            defer { (state.reader, state.task) = (nil, nil) }
            return (state.reader, state.task)
        }
        isClosed.store(true, ordering: .sequentiallyConsistent)
        // Whoever wakes finds itself cancelled.
        task?.cancel()
        reader?.resume(returning: nil)
        wakeSenders()
    }

    /// The handler's task, to be cancelled when the socket closes.
    func adopt(_ task: Task<Void, Never>) {
        let isLate = state.withLock { state in
            if state.closure == nil { state.task = task }
            return state.closure != nil
        }
        if isLate { task.cancel() }
    }

    // MARK: - Details

    private func hasRoom(for count: Int) -> Bool {
        let waiting = pending.load(ordering: .sequentiallyConsistent)
        return waiting == 0 || waiting + count <= pendingLimit
    }

    private func room(for count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.roomWaiters.append(continuation)
                isRoomAwaited.store(true, ordering: .sequentiallyConsistent)
            }
            // Whoever made room before the flag was up did not see it.
            if hasRoom(for: count) || isClosed.load(ordering: .sequentiallyConsistent) { wakeSenders() }
        }
    }

    private func wakeSenders() {
        let waiters = state.withLock { state in
            isRoomAwaited.store(false, ordering: .sequentiallyConsistent)
            defer { state.roomWaiters = [] }
            return state.roomWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private enum Next {
        case message(WebSocketMessage, mustGoOn: Bool)
        case end
        case wait
    }

    /// What came before a close is read first.
    private static func next(_ state: inout State) -> Next {
        if !state.inbox.isEmpty {
            let message = state.inbox.removeFirst()
            switch message {
            case .text(let text): state.inboxBytes -= text.utf8.count + 32
            case .binary(let bytes): state.inboxBytes -= bytes.count + 32
            }
            let mustGoOn = state.isPaused && state.inboxBytes <= state.inboxLimit / 4
            if mustGoOn { state.isPaused = false }
            return .message(message, mustGoOn: mustGoOn)
        }
        return state.closure == nil ? .wait : .end
    }

    private func nextMessage() async -> WebSocketMessage? {
        switch state.withLock({ Self.next(&$0) }) {
        case .message(let message, let mustGoOn):
            if mustGoOn { loop.post(.resumeReading(self)) }
            return message
        case .end: return nil
        case .wait: break
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next = state.withLock { state -> Next in
                    let next = Self.next(&state)
                    guard case .wait = next else { return next }
                    if Task.isCancelled { return .end }
                    state.reader = continuation
                    return .wait
                }
                switch next {
                case .message(let message, let mustGoOn):
                    if mustGoOn { loop.post(.resumeReading(self)) }
                    continuation.resume(returning: message)
                case .end: continuation.resume(returning: nil)
                case .wait: break
                }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
    }
}

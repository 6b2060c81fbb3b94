internal import CLinux
internal import CMicroHTTPD
internal import CWslay
internal import Glibc

/// The connection below a ``WebSocket``: the library's context that takes frames apart, and the bytes that wait to be sent.
final class SocketLink: @unchecked Sendable {
    /// A connection that the library still has.
    struct Upgrade {
        let handle: OpaquePointer
        /// Has the library look at the connection.
        let nudge: () -> Void
    }

    // @unchecked: made on one thread, then touched on the loop's thread only.
    let number: UInt64
    let descriptor: Int32
    /// libmicrohttpd's, when it goes on encrypting between this descriptor and the network; nil when the descriptor is ours alone.
    private let upgrade: Upgrade?
    /// Gives the connection's place in the limits back.
    let ticket: Admission.Ticket
    /// Came together with the handshake.
    private var early: [UInt8]
    /// What may still be read in this turn.
    private var readAllowance = 0

    /// What is read in one turn of the loop, in bytes.
    ///
    /// A client that sends as fast as the machine can receive would otherwise keep the loop for itself, and the library would collect one
    /// pong for each of its pings, without a limit.
    private static let readAtOnce = 8 * 1024
    /// The same, after the close has begun, when bytes are thrown away.
    private static let discardAtOnce = 256 * 1024
    /// A fragment takes about so much memory beside its bytes until its message is whole.
    private static let fragmentCost = 64

    private var context: wslay_event_context_ptr?
    /// From `open` to `close`: a weak reference would make each counting of the socket's references, for each message, a slow one.
    private(set) var socket: WebSocket?
    var outbox = SocketOutbox()
    /// Pongs, and the close that answers a close, of this turn.
    private var replies: [UInt8] = []
    private var fragmentCount = 0

    private var messageLimit: Int
    private var frameLimit: Int

    var lastHeard = ContinuousClock.now
    var pingedAt: ContinuousClock.Instant?
    /// Set when the close has begun: until then the client may answer.
    var closeDeadline: ContinuousClock.Instant?
    /// The handler has enough to read.
    var isReadingPaused = false
    /// So much waits for the client that nothing more is read from it: what it asks would be answered into memory only.
    private(set) var isFull = false
    var isWriteAwaited = false
    /// Its end is known and tells of itself again and again; nothing of it is watched until the handler is ready for the rest.
    var isUnwatched = false
    private(set) var hasEnded = false
    private(set) var isTooLarge = false
    /// What the client said when it closed.
    private(set) var clientClosure: WebSocketClosure?

    init(
        number: UInt64,
        descriptor: Int32,
        upgrade: Upgrade?,
        early: [UInt8],
        ticket: Admission.Ticket,
        options: WebSocketOptions
    ) {
        self.number = number
        self.descriptor = descriptor
        self.upgrade = upgrade
        self.early = early
        self.ticket = ticket
        messageLimit = options.messageBytes
        frameLimit = options.frameBytes
    }

    /// Makes the library's context; false when no memory is left.
    func open(for socket: WebSocket) -> Bool {
        self.socket = socket
        var callbacks = SocketCallbacks.table
        guard wslay_event_context_server_init(&context, &callbacks, Unmanaged.passUnretained(self).toOpaque()) == 0 else { return false }
        wslay_event_config_set_max_recv_msg_length(context, UInt64(messageLimit))
        return true
    }

    /// From now on other limits, for messages that haven't begun.
    func limit(messageBytes: Int, frameBytes: Int) {
        (messageLimit, frameLimit) = (messageBytes, frameBytes)
        wslay_event_config_set_max_recv_msg_length(context, UInt64(messageBytes))
    }

    /// Frees the context and closes the connection.
    func close() {
        if let context { wslay_event_context_free(context) }
        context = nil
        socket = nil
        outbox = SocketOutbox()
        ticket.giveBack()
        guard let upgrade else {
            Glibc.close(descriptor)
            return
        }
        slipway_mhd_close_upgraded(upgrade.handle)
        // The library closes our end, and notes that it did: its thread may see the first, look for the second too early, and then wait
        // for the client's next move (0.9.75).
        upgrade.nudge()
    }

    /// Closes a connection that came too late, with a word.
    func refuse() {
        let goodbye = EncodedFrame.close(1001).bytes
        _ = send(descriptor, goodbye, goodbye.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
        close()
    }

    // MARK: - Receiving

    enum Received {
        case fine
        /// The other end is gone.
        case end
        /// The client has closed, or has to be told that it broke the protocol; the answer is in the outbox.
        case closing(WebSocketClosure)
    }

    /// Reads and takes apart what is there.
    func receive() -> Received {
        guard let context, closeDeadline == nil else { return discard() }
        readAllowance = Self.readAtOnce
        let code = wslay_event_recv(context)
        if isTooLarge { return .closing(violation(1009)) }
        if hasEnded { return .end }
        // A frame that the library can't even take apart; it has no code for that.
        guard code == 0 else { return .closing(violation(1002)) }
        let mayRead = wslay_event_get_read_enabled(context) != 0
        // Pongs, and the close that answers a close or a violation.
        wslay_event_send(context)
        if !replies.isEmpty {
            _ = socket?.reserve(replies.count)
            outbox.append(replies)
            replies = []
        }
        if let clientClosure { return .closing(clientClosure) }
        return mayRead ? .fine : .closing(.violation(code: wslay_event_get_status_code_sent(context)))
    }

    /// Bytes for the library; on its call.
    func read(into buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        if isReadingPaused || isFull { return wouldBlock() }
        if !early.isEmpty {
            let part = min(count, early.count)
            for index in 0..<part { buffer[index] = early[index] }
            early.removeFirst(part)
            return part
        }
        // The loop comes back for the rest, after the other sockets.
        guard readAllowance > 0 else { return wouldBlock() }
        var got = 0
        repeat { got = recv(descriptor, buffer, count, 0) } while got < 0 && errno == EINTR
        if got > 0 {
            readAllowance -= got
            lastHeard = .now
            return got
        }
        if got == 0 || errno != EAGAIN { hasEnded = true }
        return wouldBlock()
    }

    func frameBegins(_ frame: wslay_event_on_frame_recv_start_arg) {
        // Control frames come between fragments, and are short.
        if frame.opcode < 8 { fragmentCount = frame.opcode == 0 ? fragmentCount + 1 : 1 }
        let isScattered = fragmentCount > 16 && fragmentCount * Self.fragmentCost > messageLimit
        guard isScattered || frame.payload_length > UInt64(frameLimit) else { return }
        isTooLarge = true
        wslay_event_shutdown_read(context)
    }

    func take(_ message: wslay_event_on_msg_recv_arg) {
        let bytes = UnsafeBufferPointer(start: message.msg, count: message.msg_length)
        let isFine: Bool
        switch UInt32(message.opcode) {
        case WSLAY_TEXT_FRAME.rawValue: isFine = socket?.deliver(.text(String(decoding: bytes, as: UTF8.self)), bytes.count) ?? true
        case WSLAY_BINARY_FRAME.rawValue: isFine = socket?.deliver(.binary(Array(bytes)), bytes.count) ?? true
        case WSLAY_CONNECTION_CLOSE.rawValue:
            let code = message.status_code == 0 ? 1005 : message.status_code
            clientClosure = .client(code: code, reason: String(decoding: bytes.dropFirst(2), as: UTF8.self))
            isFine = true
        default: isFine = true
        }
        if !isFine { isReadingPaused = true }
    }

    private func wouldBlock() -> Int {
        wslay_event_set_error(context, Int32(WSLAY_ERR_WOULDBLOCK.rawValue))
        return -1
    }

    private func violation(_ code: UInt16) -> WebSocketClosure {
        outbox.append(EncodedFrame.close(code).bytes)
        return .violation(code: code)
    }

    /// Whether the client has sent what no event of the connection will tell of any more.
    var hasEarlyBytes: Bool { !early.isEmpty }

    /// After a close nothing counts but the end.
    private func discard() -> Received {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
            var count = 0
            while count < Self.discardAtOnce {
                let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                count += max(0, got)
                if got > 0 { continue }
                if got < 0, errno == EINTR { continue }
                return got < 0 && errno == EAGAIN ? .fine : .end
            }
            return .fine
        }
    }

    // MARK: - Sending

    /// Part of a control frame that the library sends; on its call.
    func takeReply(_ bytes: UnsafeBufferPointer<UInt8>) { replies.append(contentsOf: bytes) }

    /// Notes whether more than half of what may wait does; true when that has changed.
    func updateIsFull(_ pendingLimit: Int) -> Bool {
        let wasFull = isFull
        isFull = closeDeadline == nil && outbox.byteCount > pendingLimit / 2
        return isFull != wasFull
    }

    /// Sends a message before which nothing waits; what the connection doesn't take now waits.
    ///
    /// - Returns: False when the connection is broken.
    func sendFirst(_ bytes: [UInt8]) -> Bool {
        guard let count = outbox.sendFirst(bytes, to: descriptor) else { return false }
        if count > 0 { socket?.sent(count) }
        if !outbox.isEmpty { isWriteAwaited = true }
        return true
    }

    /// Sends what the connection takes; false when it is broken.
    func flush(_ scratch: UnsafeMutableRawBufferPointer) -> Bool {
        while !outbox.isEmpty {
            guard let count = outbox.send(to: descriptor, scratch) else { return false }
            guard count > 0 else {
                isWriteAwaited = true
                return true
            }
            socket?.sent(count)
        }
        isWriteAwaited = false
        return true
    }
}

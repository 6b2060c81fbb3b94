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

    private var context: wslay_event_context_ptr?
    private(set) weak var socket: WebSocket?
    private var outbox: [[UInt8]] = []
    private var outboxStart = 0
    /// Bytes of the outbox's first piece that are gone.
    private var outboxOffset = 0

    private let messageLimit: Int
    private let frameLimit: Int

    var lastHeard = ContinuousClock.now
    var pingedAt: ContinuousClock.Instant?
    /// Set when the close has begun: until then the client may answer.
    var closeDeadline: ContinuousClock.Instant?
    var isReadingPaused = false
    var isWriteAwaited = false
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

    /// Frees the context and closes the connection.
    func close() {
        if let context { wslay_event_context_free(context) }
        context = nil
        outbox = []
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
        let code = wslay_event_recv(context)
        if isTooLarge { return .closing(violation(1009)) }
        if hasEnded { return .end }
        // A frame that the library can't even take apart; it has no code for that.
        guard code == 0 else { return .closing(violation(1002)) }
        let mayRead = wslay_event_get_read_enabled(context) != 0
        // Pongs, and the close that answers a close or a violation.
        wslay_event_send(context)
        if let clientClosure { return .closing(clientClosure) }
        return mayRead ? .fine : .closing(.violation(code: wslay_event_get_status_code_sent(context)))
    }

    /// Bytes for the library; on its call.
    fileprivate func read(into buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        if isReadingPaused { return wouldBlock() }
        if !early.isEmpty {
            let part = min(count, early.count)
            for index in 0..<part { buffer[index] = early[index] }
            early.removeFirst(part)
            return part
        }
        var got = 0
        repeat { got = recv(descriptor, buffer, count, 0) } while got < 0 && errno == EINTR
        if got > 0 {
            lastHeard = .now
            return got
        }
        if got == 0 || errno != EAGAIN { hasEnded = true }
        return wouldBlock()
    }

    fileprivate func frameBegins(_ payloadLength: UInt64) {
        guard payloadLength > UInt64(frameLimit) else { return }
        isTooLarge = true
        wslay_event_shutdown_read(context)
    }

    fileprivate func take(_ message: wslay_event_on_msg_recv_arg) {
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
        enqueue(EncodedFrame.close(code).bytes)
        return .violation(code: code)
    }

    /// After a close nothing counts but the end.
    private func discard() -> Received {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
            while true {
                let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if got > 0 { continue }
                if got < 0, errno == EINTR { continue }
                return got < 0 && errno == EAGAIN ? .fine : .end
            }
        }
    }

    // MARK: - Sending

    var isOutboxEmpty: Bool { outboxStart == outbox.count }

    func enqueue(_ bytes: [UInt8]) { outbox.append(bytes) }

    /// Forgets what waits, but for the frame that has begun to go out.
    func dropWaiting() {
        guard !isOutboxEmpty else { return }
        let begun = outboxOffset > 0 ? [outbox[outboxStart]] : []
        outbox = begun
        outboxStart = 0
    }

    /// Sends what the connection takes; false when it is broken.
    func flush(_ scratch: UnsafeMutableRawBufferPointer) -> Bool {
        while !isOutboxEmpty {
            let sentCount = sendSome(scratch)
            if sentCount < 0 {
                if errno == EINTR { continue }
                isWriteAwaited = true
                return errno == EAGAIN
            }
            advance(sentCount)
            socket?.sent(sentCount)
        }
        isWriteAwaited = false
        return true
    }

    /// One long piece as it lies there, or many short ones together.
    private func sendSome(_ scratch: UnsafeMutableRawBufferPointer) -> Int {
        let first = outbox[outboxStart]
        if outboxStart + 1 == outbox.count || first.count - outboxOffset >= scratch.count / 2 {
            return first.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + outboxOffset }, bytes.count - outboxOffset, Int32(MSG_NOSIGNAL))
            }
        }
        var count = 0
        var offset = outboxOffset
        for piece in outbox[outboxStart...] {
            let part = min(piece.count - offset, scratch.count - count)
            piece.withUnsafeBytes { bytes in
                scratch[count..<count + part].copyBytes(from: bytes[offset..<offset + part])
            }
            count += part
            offset = 0
            if count == scratch.count { break }
        }
        return send(descriptor, scratch.baseAddress, count, Int32(MSG_NOSIGNAL))
    }

    private func advance(_ count: Int) {
        var left = count
        while left > 0 {
            let rest = outbox[outboxStart].count - outboxOffset
            guard left >= rest else {
                outboxOffset += left
                break
            }
            left -= rest
            outbox[outboxStart] = []
            outboxStart += 1
            outboxOffset = 0
        }
        if isOutboxEmpty {
            outbox.removeAll(keepingCapacity: outbox.capacity <= 16)
            outboxStart = 0
        } else if outboxStart > 64, outboxStart > outbox.count / 2 {
            outbox.removeFirst(outboxStart)
            outboxStart = 0
        }
    }
}

/// What the library calls; its user data is the link, which outlives the context.
enum SocketCallbacks {
    static var table: wslay_event_callbacks {
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { _, buffer, count, _, link in
            guard let buffer, let link = SocketCallbacks.link(link) else { return -1 }
            return link.read(into: buffer, count)
        }
        // Takes all: control frames stand in the same line as messages, whole.
        callbacks.send_callback = { _, bytes, count, _, link in
            guard let link = SocketCallbacks.link(link) else { return -1 }
            link.enqueueControl(UnsafeBufferPointer(start: bytes, count: count))
            return count
        }
        callbacks.on_frame_recv_start_callback = { _, frame, link in
            guard let frame else { return }
            SocketCallbacks.link(link)?.frameBegins(frame.pointee.payload_length)
        }
        callbacks.on_msg_recv_callback = { _, message, link in
            guard let message else { return }
            SocketCallbacks.link(link)?.take(message.pointee)
        }
        return callbacks
    }

    private static func link(_ pointer: UnsafeMutableRawPointer?) -> SocketLink? {
        pointer.map { Unmanaged<SocketLink>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension SocketLink {
    /// Part of a control frame; counted like a message, so that a client that asks and never reads is given up.
    fileprivate func enqueueControl(_ bytes: UnsafeBufferPointer<UInt8>) {
        _ = socket?.reserve(bytes.count)
        enqueue(Array(bytes))
    }
}

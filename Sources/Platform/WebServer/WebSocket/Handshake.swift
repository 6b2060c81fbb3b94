internal import CLinux
internal import CMicroHTTPD
internal import COpenSSL
internal import Glibc

/// The step from HTTP to a WebSocket.
///
/// - SeeAlso: RFC 6455, section 4.2
enum Handshake {
    enum Outcome {
        /// The value of `Sec-WebSocket-Accept`.
        case fine(String)
        case refused(Response)
    }

    /// Checks the client's part.
    static func accept(_ request: Request?, isHTTP11: Bool) -> Outcome {
        guard let request, request.method == "GET", isHTTP11, request.headers.has("Upgrade", token: "websocket"),
            request.headers.has("Connection", token: "upgrade")
        else {
            let upgrade = [HeaderField("Upgrade", "websocket"), HeaderField("Content-Type", "text/plain")]
            return .refused(Response(status: 426, headers: upgrade, body: .bytes(Array("This is a WebSocket.\n".utf8))))
        }
        guard request.headers["Sec-WebSocket-Version"] == "13" else {
            return .refused(Response(status: 426, headers: [HeaderField("Sec-WebSocket-Version", "13")]))
        }
        guard let key = request.headers["Sec-WebSocket-Key"], key.utf8.count == 24, key.hasSuffix("==") else {
            return .refused(.text("Sec-WebSocket-Key is missing or bad.\n", status: 400))
        }
        return .fine(answer(to: key))
    }

    static func answer(to key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        EVP_Digest(text, text.count, &digest, nil, EVP_sha1(), nil)
        // 28 characters and a NUL.
        var encoded = [UInt8](repeating: 0, count: 29)
        EVP_EncodeBlock(&encoded, digest, 20)
        return String(decoding: encoded.dropLast(), as: UTF8.self)
    }

    /// The library's answer, which hands the connection over once it has been sent.
    static func makeResponse(
        _ key: String,
        core: ServerCore,
        connection: Connection,
        options: WebSocketOptions,
        _ serve: @escaping @Sendable (WebSocket) async -> Void
    ) -> OpaquePointer? {
        let takeover = Takeover(core: core, connection: connection, options: options, serve: serve)
        connection.takeover = takeover
        // The library calls the handler while the connection, and with it the takeover, is alive.
        let context = Unmanaged.passUnretained(takeover).toOpaque()
        let made = MHD_create_response_for_upgrade(
            { context, _, _, extra, count, descriptor, handle in
                guard let context, let handle else { return }
                let early = Array(UnsafeRawBufferPointer(start: extra, count: count))
                Unmanaged<Takeover>.fromOpaque(context).takeUnretainedValue().run(descriptor, handle, early: early)
            },
            context
        )
        guard let made else { return nil }
        MHD_add_response_header(made, "Upgrade", "websocket")
        MHD_add_response_header(made, "Sec-WebSocket-Accept", key)
        return made
    }
}

/// Takes one connection from libmicrohttpd to the socket loop.
final class Takeover: Sendable {
    private let core: ServerCore
    private let connection: Connection
    private let options: WebSocketOptions
    private let serve: @Sendable (WebSocket) async -> Void

    init(
        core: ServerCore,
        connection: Connection,
        options: WebSocketOptions,
        serve: @escaping @Sendable (WebSocket) async -> Void
    ) {
        self.core = core
        self.connection = connection
        self.options = options
        self.serve = serve
    }

    /// On the library's thread, once the handshake's answer has gone out.
    func run(_ descriptor: Int32, _ handle: OpaquePointer, early: [UInt8]) {
        var own = descriptor
        var upgrade: SocketLink.Upgrade? = SocketLink.Upgrade(handle: handle) { [core, connection] in
            // While it is in the table its descriptor is its own.
            _ = core.connections.with(descriptor: connection.descriptor, number: connection.number) { connection in
                shutdown(connection.descriptor, Int32(SHUT_RD))
            }
        }
        if !connection.isEncrypted {
            // A descriptor of our own, and the library forgets the connection: it would keep 32 KB for it, and pass over it each
            // time that any other connection wakes. When no descriptor is left, the library's serves.
            let copy = slipway_duplicate_above(descriptor, 3)
            if copy >= 0 {
                core.poller.remove(descriptor)
                (own, upgrade) = (copy, nil)
            }
        }
        let link = SocketLink(
            number: core.newNumber(),
            descriptor: own,
            upgrade: upgrade,
            early: early,
            ticket: connection.moveTicket(),
            options: options
        )
        // The library has just put the delay back, on the network's side of the two descriptors.
        var one: Int32 = 1
        setsockopt(connection.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        if upgrade == nil { slipway_mhd_close_upgraded(handle) }
        let socket = WebSocket(link, loop: core.sockets, options: options)
        // First of all: what is sent to a socket that the loop doesn't know is lost.
        core.sockets.post(.add(socket))
        core.handlerBegins()
        // Nobody awaits it: it is cancelled when the socket closes, and stopping the server waits until no handler is left.
        let task = Task { [core, serve] in
            await serve(socket)
            socket.close()
            core.handlerEnds()
        }
        socket.adopt(task)
    }
}

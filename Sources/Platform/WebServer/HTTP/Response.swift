package import Host

/// What a handler answers.
///
/// `Date`, `Content-Length`, `Transfer-Encoding`, `Connection` and `X-Request-Id` come from the server; a handler's own are left out.
package struct Response: Sendable {
    /// What follows the header.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// A regular file, sent by the kernel; as many bytes as it had when the answer began.
        case file(OpenFile)
        /// Bytes as they are made; see ``Response/stream(_:headers:length:_:)``.
        case stream(length: Int?, @Sendable (ResponseWriter) async throws -> Void)
        /// See ``Response/webSocket(_:headers:_:)``.
        case webSocket(WebSocketOptions, @Sendable (WebSocket) async -> Void)
    }

    /// 200 to 599; 101 for a WebSocket.
    package var status: Int
    package var headers: [HeaderField]
    package var body: Body

    package init(status: Int = 200, headers: [HeaderField] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A short text with its type.
    package static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> Response {
        .bytes(Array(text.utf8), status: status, type: type)
    }

    package static func bytes(_ bytes: [UInt8], status: Int = 200, type: String) -> Response {
        Response(status: status, headers: [HeaderField("Content-Type", type)], body: .bytes(bytes))
    }

    /// An answer whose body is made while it is sent.
    ///
    /// `produce` runs after the handler, on the same task; it waits in ``ResponseWriter/write(_:)`` until the client takes more, and is
    /// cancelled when the client goes away. When it throws, the connection is cut, so that nobody takes half for the whole. It is not
    /// run for a `HEAD` request.
    ///
    /// - Parameters:
    ///   - status: 200 to 599.
    ///   - headers: The handler's own lines.
    ///   - length: The number of bytes when it is known; else the body goes out in chunks.
    ///   - produce: Writes the body.
    /// - Returns: The answer; nothing is made yet.
    package static func stream(
        _ status: Int = 200,
        headers: [HeaderField] = [],
        length: Int? = nil,
        _ produce: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        Response(status: status, headers: headers, body: .stream(length: length, produce))
    }

    /// Takes the connection over for a WebSocket (RFC 6455).
    ///
    /// `serve` runs as a task of its own, which is cancelled when the socket closes; when it returns, the socket is closed with 1000. A
    /// request that is no handshake is answered with 426 or 400 instead.
    ///
    /// - Parameters:
    ///   - options: Limits and pings of this socket.
    ///   - headers: Lines of the answer: `Sec-WebSocket-Protocol`.
    ///   - serve: Receives and sends.
    /// - Returns: The answer; the socket is there once it has gone out.
    package static func webSocket(
        _ options: WebSocketOptions = WebSocketOptions(),
        headers: [HeaderField] = [],
        _ serve: @escaping @Sendable (WebSocket) async -> Void
    ) -> Response {
        Response(status: 101, headers: headers, body: .webSocket(options, serve))
    }
}

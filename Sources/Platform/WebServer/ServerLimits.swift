/// How much a server takes from its clients, and how long it waits for them.
package struct ServerLimits: Sendable {
    /// Connections at once, WebSockets included; one more is closed at once.
    package var connections = 20_000
    /// Connections at once from one address; a trusted proxy and the Unix socket are exempt.
    package var connectionsPerAddress = 4_000
    /// Bytes of a request's header, first line included: over it, 431.
    package var headerBytes = 16 * 1024
    /// Lines of a request's header: over it, 431.
    package var headerLines = 100
    /// Bytes of a request's body: over it, 413.
    ///
    /// Handlers take less by what they give to ``RequestBody/collect(upTo:)``.
    package var bodyBytes = 512 * 1024 * 1024
    /// From a connection's begin to the end of its first header, and from a header's first line to its end: over it, 408.
    package var headerTime: Duration = .seconds(10)
    /// The least that a client must send of a body in each ``bodyWindow``, in bytes a second: under it, 408.
    package var bodyBytesPerSecond = 500
    /// How long a client's slowness is watched before it counts.
    package var bodyWindow: Duration = .seconds(10)
    /// Between two requests of a connection.
    package var idleTime: Duration = .seconds(60)
    /// How long a client may take nothing of an answer; at least a second.
    package var stallTime: Duration = .seconds(60)
    /// How long a handler may take to answer: over it, 504, and the handler is cancelled.
    ///
    /// Streams may last for ever.
    package var handlerTime: Duration?

    package init() {}
}

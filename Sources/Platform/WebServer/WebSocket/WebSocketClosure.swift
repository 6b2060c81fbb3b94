/// Why a WebSocket is closed.
package enum WebSocketClosure: Sendable, Hashable {
    /// The client closed it; 1005 when it gave no code.
    case client(code: UInt16, reason: String)
    /// Our side did, by ``WebSocket/close(_:reason:)`` or by returning from the handler.
    case server(code: UInt16)
    /// The client took too little: ``WebSocketOptions/pendingBytes``.
    case slowReader
    /// The client gave no sign of life.
    case pingTimeout
    /// The client broke the protocol, or sent too much, or text that is none; the code that it was told.
    case violation(code: UInt16)
    /// The connection broke.
    case connectionLost
    /// The server stops.
    case stopping
}

/// Limits and pings of one WebSocket.
package struct WebSocketOptions: Sendable {
    /// Bytes of a message that the client sends, its frames together: over it, closed with 1009.
    ///
    /// It may come in fragments of 64 bytes on average, not in more.
    package var messageBytes = 1024 * 1024
    /// Bytes of one frame that the client sends: over it, closed with 1009.
    package var frameBytes = 1024 * 1024
    /// Bytes that may wait for a client that reads too slowly, pongs included: over it, closed with ``slowReaderCode``.
    ///
    /// While more than half of them wait, nothing is read from the client; at least 32 KiB.
    package var pendingBytes = 1024 * 1024
    /// Bytes of messages that may wait for the handler; then the client has to wait.
    package var inboxBytes = 256 * 1024
    /// How long a client may be silent before it is asked for a sign of life.
    package var pingInterval: Duration = .seconds(30)
    /// How long it may take to answer then; over it, the connection is cut.
    ///
    /// Also how long it may take nothing at all while more than half of ``pendingBytes`` wait; over it, closed with ``slowReaderCode``.
    package var pongTime: Duration = .seconds(15)
    /// How long a client may take to answer a close.
    package var closeTime: Duration = .seconds(2)
    /// 1013, try again later, or 1008, a policy was violated.
    package var slowReaderCode: UInt16 = 1013

    package init() {}
}

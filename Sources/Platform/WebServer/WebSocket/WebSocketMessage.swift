/// A whole message of a client.
package enum WebSocketMessage: Sendable, Hashable {
    /// Checked to be UTF-8.
    case text(String)
    case binary([UInt8])
}

internal import WebServer

/// How much the Pusher protocol's clients may have, and how long they may be silent.
package struct PusherLimits: Sendable {
    /// Connections at once: over it, 4004.
    package var connections = 10_000
    /// Told to clients: after so long without a message they ask for a sign of life; and so does the server.
    package var activityTimeout: Duration = .seconds(120)
    /// How long a client may take to answer: over it, 4201.
    package var pongTime: Duration = .seconds(30)
    /// How long a client may take until its first subscription with a valid signature: over it, 4009.
    package var authenticationTime: Duration = .seconds(10)

    package init() {}

    /// The bounds of a socket whose client has not subscribed to anything yet: anybody may open one.
    ///
    /// A subscription needs less than 1 KiB, and its channel's data 10 KiB at most in Pusher's own service.
    static var strangerBounds: WebSocketOptions {
        var options = WebSocketOptions()
        (options.messageBytes, options.frameBytes) = (16 * 1024, 16 * 1024)
        options.pendingBytes = 32 * 1024
        options.inboxBytes = 8 * 1024
        options.slowReaderCode = PusherError.overCapacity.code
        return options
    }

    /// The bounds of a socket whose client has shown a signature of this installation.
    static var memberBounds: WebSocketOptions {
        var options = strangerBounds
        (options.messageBytes, options.frameBytes) = (64 * 1024, 64 * 1024)
        // Frames are shared by all receivers: what waits for a slow one costs little, and a burst must not cost a healthy one its place.
        options.pendingBytes = 4 * 1024 * 1024
        options.inboxBytes = 256 * 1024
        return options
    }
}

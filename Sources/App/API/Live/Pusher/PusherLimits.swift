/// How much the Pusher protocol's clients may have, and how long they may be silent.
package struct PusherLimits: Sendable {
    /// Connections at once: over it, 4004.
    package var connections = 10_000
    /// Told to clients: after so long without a message they ask for a sign of life; and so does the server.
    package var activityTimeout: Duration = .seconds(120)
    /// How long a client may take to answer: over it, 4201.
    package var pongTime: Duration = .seconds(30)

    package init() {}
}

/// Who gets a channel's events from the hub's loop.
protocol BroadcastReceiver: AnyObject, Sendable {
    /// Takes events of one channel, in order; must neither block nor call the hub.
    func receive(_ broadcasts: ArraySlice<Broadcast>)

    /// The hub stops: nothing comes any more.
    func stop()
}

/// A closure as a receiver.
final class BroadcastListener: BroadcastReceiver {
    private let body: @Sendable (ArraySlice<Broadcast>) -> Void

    init(_ body: @escaping @Sendable (ArraySlice<Broadcast>) -> Void) { self.body = body }

    func receive(_ broadcasts: ArraySlice<Broadcast>) { body(broadcasts) }
    func stop() {}
}

/// Keeps a closure on its channel, until it is cancelled or dropped.
package final class BroadcastListening: Sendable {
    /// The closure gets everything after this.
    package let position: Int64
    private let channel: String
    private let listener: BroadcastListener
    private let hub: BroadcastHub

    init(channel: String, position: Int64, listener: BroadcastListener, hub: BroadcastHub) {
        self.channel = channel
        self.position = position
        self.listener = listener
        self.hub = hub
    }

    deinit { cancel() }

    /// Takes the closure off its channel; a call that is under way goes on.
    package func cancel() { hub.leave(listener, [channel]) }
}

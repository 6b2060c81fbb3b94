package import Events

/// What carries live events to clients; ``BroadcastHub/run()`` and ``PusherServer/run()`` have to run beside the web server.
package struct LiveServices: Sendable {
    package let hub: BroadcastHub
    package let pusher: PusherServer
    package let app: PusherApp

    private let rights: any ChannelRights
    private let recheck: Duration

    /// Makes what carries events.
    ///
    /// - Parameters:
    ///   - hub: Where they come from.
    ///   - app: The only one of the Pusher protocol.
    ///   - rights: Who may still read what.
    ///   - recheck: How often each client's right to read is asked about again.
    package init(hub: BroadcastHub, app: PusherApp, rights: any ChannelRights, recheck: Duration = .seconds(60)) {
        self.hub = hub
        self.app = app
        self.rights = rights
        self.recheck = recheck
        pusher = PusherServer(app: app, hub: hub, rights: rights, recheck: recheck)
    }

    var stream: EventStream { EventStream(hub: hub, rights: rights, recheck: recheck) }
    var authorization: PusherAuthorization { PusherAuthorization(app: app) }
}

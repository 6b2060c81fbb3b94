package import Events

/// What carries live events to clients; ``BroadcastHub/run()`` and ``PusherServer/run()`` have to run beside the web server.
package struct LiveServices: Sendable {
    package let hub: BroadcastHub
    package let pusher: PusherServer
    package let app: PusherApp

    package init(hub: BroadcastHub, pusher: PusherServer, app: PusherApp) {
        self.hub = hub
        self.pusher = pusher
        self.app = app
    }

    var stream: EventStream { EventStream(hub: hub) }
    var authorization: PusherAuthorization { PusherAuthorization(app: app) }
}

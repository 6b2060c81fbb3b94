internal import Access
package import Events
internal import Synchronization
package import WebServer

/// Speaks the Pusher Channels protocol, version 7, so that pusher-js, Laravel Echo and others connect unchanged.
///
/// One extension: `pusher:subscribe` takes `since`, the position or the id of the last event that the client has seen; what came after is
/// sent first. Every event carries its `id`, and `subscription_succeeded` the position that the channel is at.
///
/// - SeeAlso: <https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/>
package final class PusherServer: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: PusherConnection] = [:]
        var isClosed = false
    }

    let app: PusherApp
    let hub: BroadcastHub
    let limits: PusherLimits
    let rooms: PusherRooms
    let rights: any ChannelRights
    private let recheck: Duration
    private let isEnabled: Bool
    private let state = Mutex(State())

    /// Makes a server; ``BroadcastHub/run()`` and ``run()`` have to run beside it.
    ///
    /// - Parameters:
    ///   - app: The only one that is served.
    ///   - hub: Where the events come from.
    ///   - rights: Who may still read what: else, 4009.
    ///   - recheck: How often each client's right to read is asked about again.
    ///   - limits: For all clients together, and each.
    ///   - isEnabled: Whether anybody is let in: else, 4003.
    package init(
        app: PusherApp,
        hub: BroadcastHub,
        rights: any ChannelRights,
        recheck: Duration = .seconds(60),
        limits: PusherLimits = PusherLimits(),
        isEnabled: Bool = true
    ) {
        self.app = app
        self.hub = hub
        self.rights = rights
        self.recheck = recheck
        self.limits = limits
        self.isEnabled = isEnabled
        rooms = PusherRooms(hub: hub)
    }

    /// Clients at the moment.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Answers `GET /app/KEY?protocol=7`: a WebSocket, which is told what is wrong and closed when something is.
    package func response(to request: Request) -> Response {
        let refusal = refusal(of: request)
        return .webSocket(PusherLimits.strangerBounds) { [self] socket in
            if let refusal { return await Self.refuse(socket, refusal) }
            let connection = PusherConnection(socket, id: Self.newSocketID(), server: self)
            if let refusal = adopt(connection) { return await Self.refuse(socket, refusal) }
            await connection.serve()
            state.withLock { $0.connections[ObjectIdentifier(connection)] = nil }
        }
    }

    /// Asks silent clients for signs of life, and sends away who may no longer read, until the task is cancelled.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await self.watchSigns() }
            // Beside it: a database that takes its time keeps no dead client alive.
            group.addTask { await self.watchRights() }
        }
    }

    private func watchSigns() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: min(.seconds(15), limits.pongTime / 2))  // cancelled: the loop's condition ends it
            let (now, limits) = (ContinuousClock.now, limits)
            for connection in state.withLock({ Array($0.connections.values) }) { connection.check(now: now, limits: limits) }
        }
    }

    private func watchRights() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: recheck)  // cancelled: the loop's condition ends it
            let connections = state.withLock { Array($0.connections.values) }
            var listeners: [Subject: [BroadcastChannel: [PusherConnection]]] = [:]
            for connection in connections {
                for seat in connection.seats { listeners[seat.subject, default: [:]][seat.channel, default: []].append(connection) }
            }
            for (subject, channels) in listeners where !Task.isCancelled {
                // What can't be found out is asked again: a database that is away must not throw clients out.
                guard let readable = try? await rights.readable(Array(channels.keys), by: subject) else { continue }
                let lost = Set(channels.keys).subtracting(readable)
                for connection in lost.flatMap({ channels[$0] ?? [] }) { connection.expel(subject, from: lost) }
            }
        }
    }

    /// Sends all clients away, to come back at once, and lets nobody in any more: before the web server stops.
    package func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.close(.restarting) }
    }

    // MARK: - Details

    /// Nil when the connection is let in.
    private func adopt(_ connection: PusherConnection) -> PusherError? {
        state.withLock { state in
            if state.isClosed { return .restarting }
            guard state.connections.count < limits.connections else { return .overQuota }
            state.connections[ObjectIdentifier(connection)] = connection
            return nil
        }
    }

    private func refusal(of request: Request) -> PusherError? {
        guard request.segments.count == 2, request.segments[0] == "app" else { return .pathNotFound }
        guard isEnabled else { return .disabled }
        guard request.segments[1] == app.key else { return .unknownApp }
        guard let version = request.query("protocol") else { return .missingVersion }
        guard let number = Int(version) else { return .invalidVersion }
        return (5...7).contains(number) ? nil : .unsupportedVersion
    }

    /// Only on the socket itself a browser can read why.
    private static func refuse(_ socket: WebSocket, _ error: PusherError) async {
        await socket.send(PusherFrames.error(error))
        socket.close(error.code, reason: error.message)
        for await _ in socket.messages {}
    }

    private static func newSocketID() -> String { "\(UInt32.random(in: 1...UInt32.max)).\(UInt32.random(in: 1...UInt32.max))" }
}

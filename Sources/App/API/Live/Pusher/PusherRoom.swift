internal import Events
internal import Synchronization
internal import WebServer

/// One channel's subscribers in this process: each event is made a frame once, and the frame goes to all.
final class PusherRoom: Sendable {
    private struct Member {
        let socket: WebSocket
        /// It has been sent everything up to here.
        let after: Int64
    }

    private struct State {
        /// Everything up to here was sent to whoever was there.
        var position: Int64 = 0
        /// Who gets what comes.
        var members: [ObjectIdentifier: Member] = [:]
        /// The same as a list, until somebody comes or goes.
        var sockets: [WebSocket]?
        /// Some have read further than the room: they pass over what they have had.
        var hasEarly = false
        /// Who has been let in, those that still read the past included.
        var audience: [ObjectIdentifier: WebSocket] = [:]
        var presence = PusherPresence()
    }

    let name: PusherChannelName
    private let text: String
    private let hub: BroadcastHub
    private let state = Mutex(State())
    private let listening = Mutex<Task<BroadcastListening, any Error>?>(nil)

    init(_ name: PusherChannelName, hub: BroadcastHub) {
        self.name = name
        text = name.text
        self.hub = hub
    }

    /// Begins to follow the channel, once.
    ///
    /// - Throws: `StorageError`.
    func open() async throws {
        let task = listening.withLock { listening in
            if let listening { return listening }
            // Awaited right below, by everybody who comes in.
            let task = Task { [weak self, hub, name] in
                try await hub.listen(to: name.channel.name) { [weak self] in self?.receive($0) }
            }
            listening = task
            return task
        }
        let position = try await task.value.position
        state.withLock { $0.position = max($0.position, position) }
    }

    /// Takes the room off its channel.
    func close() {
        let task = listening.withLock { $0.take() }
        guard let task else { return }
        // Ends at once when the channel is followed already; nobody needs to wait for it.
        Task { try? await task.value.cancel() }
    }

    // MARK: - Coming and going

    /// Lets a socket in: it is told so, and a presence channel's others hear of it; events come with ``join(_:after:)``.
    ///
    /// - Returns: How far the room is.
    func admit(_ socket: WebSocket, as member: PusherPresence.Member?) -> Int64 {
        state.withLock { state in
            let id = ObjectIdentifier(socket)
            let isNew = member.map { state.presence.add($0) } ?? false
            let presence = member == nil ? "" : "\"presence\":\(state.presence.json),"
            socket.offer(
                PusherFrames.inner("subscription_succeeded", channel: text, data: "{\(presence)\"position\":\(state.position)}")
            )
            if isNew, let member {
                WebSocket.offer(
                    PusherFrames.inner("member_added", channel: text, data: member.json),
                    to: Array(state.audience.values)
                )
            }
            state.audience[id] = socket
            return state.position
        }
    }

    /// Sends a socket what comes from here on.
    ///
    /// - Returns: How far the room is, when the socket has to be sent something of the past first.
    func join(_ socket: WebSocket, after position: Int64) -> Int64? {
        state.withLock { state in
            guard position >= state.position else { return state.position }
            state.members[ObjectIdentifier(socket)] = Member(socket: socket, after: position)
            state.sockets = nil
            if position > state.position { state.hasEarly = true }
            return nil
        }
    }

    func leave(_ socket: WebSocket, _ member: PusherPresence.Member?) {
        state.withLock { state in
            let id = ObjectIdentifier(socket)
            if state.members.removeValue(forKey: id) != nil { state.sockets = nil }
            guard state.audience.removeValue(forKey: id) != nil, let member, state.presence.remove(member) else { return }
            let data = "{\"user_id\":\(JSONText.quoted(member.id))}"
            WebSocket.offer(PusherFrames.inner("member_removed", channel: text, data: data), to: Array(state.audience.values))
        }
    }

    // MARK: - Events

    /// On the hub's loop.
    private func receive(_ broadcasts: ArraySlice<Broadcast>) {
        for broadcast in broadcasts {
            let sockets = state.withLock { Self.sockets(&$0, for: broadcast.position) }
            if !sockets.isEmpty { WebSocket.offer(PusherFrames.event(broadcast, channel: text), to: sockets) }
        }
    }

    private static func sockets(_ state: inout State, for position: Int64) -> [WebSocket] {
        guard position > state.position else { return [] }
        state.position = position
        if state.hasEarly {
            state.hasEarly = state.members.values.contains { $0.after > position }
            return state.members.values.filter { $0.after < position }.map(\.socket)
        }
        let sockets = state.sockets ?? state.members.values.map(\.socket)
        state.sockets = sockets
        return sockets
    }
}

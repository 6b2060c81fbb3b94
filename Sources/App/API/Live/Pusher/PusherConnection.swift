internal import Access
internal import Domain
internal import Events
internal import Synchronization
internal import WebServer

/// One client: what it has subscribed to, and what it asks.
final class PusherConnection: Sendable {
    /// What a client may have at once.
    static let channelLimit = 200

    private struct Seat {
        let room: PusherRoom
        let member: PusherPresence.Member?
        /// Who subscribed.
        var subject: Subject
    }

    private struct State {
        var seats: [String: Seat] = [:]
        var lastHeard = ContinuousClock.now
        var isPinged = false
        var isExpelled = false
        /// It has shown a signature of this installation.
        var isKnown = false
    }

    let id: String
    private let socket: WebSocket
    private let server: PusherServer
    private let state = Mutex(State())

    init(_ socket: WebSocket, id: String, server: PusherServer) {
        self.socket = socket
        self.id = id
        self.server = server
    }

    /// Answers the client until it goes.
    func serve() async {
        // Cancelled, and awaited, when the client goes.
        async let _: Void = sendStrangerAway()
        await socket.send(PusherFrames.established(socket: id, activityTimeout: Int(clamping: server.limits.activityTimeout / .seconds(1))))
        for await message in socket.messages {
            state.withLock { ($0.lastHeard, $0.isPinged) = (.now, false) }
            guard case .text(let text) = message else { continue }
            do throws(PusherError) {
                try await take(PusherMessage(text))
            } catch {
                await socket.send(PusherFrames.error(error))
            }
        }
        let seats = state.withLock { state in
            defer { state.seats = [:] }
            return state.seats
        }
        for (name, seat) in seats { leave(seat, name) }
    }

    private func take(_ message: PusherMessage) async throws(PusherError) {
        switch message {
        case .ping: await socket.send(PusherFrames.pong)
        case .pong, .unknown: break
        case .subscribe(let wish): try await subscribe(wish)
        case .unsubscribe(let channel):
            guard let seat = state.withLock({ $0.seats.removeValue(forKey: channel) }) else { return }
            leave(seat, channel)
        case .clientEvent: throw .clientEvent
        }
    }

    // MARK: - Strangers

    /// Closes the connection when its client has subscribed to nothing in time.
    ///
    /// - SeeAlso: <https://pusher.com/docs/channels/using_channels/user-authentication/>, which calls it authorized connections.
    private func sendStrangerAway() async {
        try? await Task.sleep(for: server.limits.authenticationTime)  // cancelled: the client has gone
        if !Task.isCancelled, !state.withLock({ $0.isKnown }) { close(.noSubscription) }
    }

    /// Notes that somebody with a right has let the client in; it stays known, also between two subscriptions.
    private func welcome() {
        let isNew = state.withLock { state in
            defer { state.isKnown = true }
            return !state.isKnown
        }
        if isNew { socket.setBounds(PusherLimits.memberBounds) }
    }

    // MARK: - Channels

    private func subscribe(_ wish: PusherMessage.Subscribe) async throws(PusherError) {
        do throws(PusherError) {
            try await enter(wish)
        } catch {
            await socket.send(PusherFrames.subscriptionError(channel: wish.channel, error))
            throw error
        }
    }

    private func enter(_ wish: PusherMessage.Subscribe) async throws(PusherError) {
        guard let name = PusherChannelName(wish.channel) else {
            throw .unauthorized("There is no channel '\(wish.channel.prefix(100))': private-organization.ID.TOPIC, private-deployment.ID.")
        }
        guard let subject = server.app.subject(of: wish.auth, socket: id, channel: wish.channel, channelData: wish.channelData) else {
            throw .unauthorized("The signature for '\(wish.channel)' is wrong; ask /broadcasting/auth for one.")
        }
        let member = name.kind == .presence ? PusherPresence.Member(channelData: wish.channelData) : nil
        if name.kind == .presence, member == nil { throw .unauthorized("channel_data must name a user_id.") }
        try await check(subject, wish.channel, name.channel)
        welcome()
        let count = state.withLock { state in
            // It is there already: from now on by what it has shown last.
            state.seats[wish.channel]?.subject = subject
            return state.seats[wish.channel] == nil ? state.seats.count : -1
        }
        if count < 0 { return }
        guard count < Self.channelLimit else { throw .overCapacity }
        let room = server.rooms.enter(name)
        do {
            try await room.open()
            let position = room.admit(socket, as: member)
            state.withLock { $0.seats[wish.channel] = Seat(room: room, member: member, subject: subject) }
            try await catchUp(room, from: wish.since?.position, position)
        } catch {
            // The database is away; what the client has seen of the channel so far was right.
            if state.withLock({ $0.seats.removeValue(forKey: wish.channel) }) != nil { room.leave(socket, member) }
            server.rooms.leave(room)
            throw .overCapacity
        }
    }

    /// Sends what the client has missed, then joins it to the others without a gap.
    private func catchUp(_ room: PusherRoom, from since: Int64?, _ position: Int64) async throws {
        var cursor = position
        if let since {
            // One beyond the end is from a database that is no more.
            let end = since > position ? max(position, try await server.hub.lastPosition(of: room.name.channel.name)) : position
            cursor = min(since, end)
        }
        while let end = room.join(socket, after: cursor) {
            let page = try await server.hub.broadcasts(of: room.name.channel.name, after: cursor)
            for broadcast in page where await !socket.send(PusherFrames.event(broadcast, channel: room.name.text)) { return }
            // What was pruned is passed over.
            cursor = page.last?.position ?? end
        }
    }

    private func leave(_ seat: Seat, _ name: String) {
        seat.room.leave(socket, seat.member)
        server.rooms.leave(seat.room)
    }

    // MARK: - Rights

    /// Asks whether the signature's right still holds: nobody gathers signatures to use them, one after the other, once the right is gone.
    private func check(_ subject: Subject, _ text: String, _ channel: BroadcastChannel) async throws(PusherError) {
        let readable: Set<BroadcastChannel>
        do {
            readable = try await server.rights.readable([channel], by: subject)
        } catch {
            // The database is away.
            throw .overCapacity
        }
        guard readable.contains(channel) else { throw .lostRight(to: text) }
    }

    /// Who subscribed to what.
    var seats: [(subject: Subject, channel: BroadcastChannel)] {
        state.withLock { $0.seats.values.map { ($0.subject, $0.room.name.channel) } }
    }

    /// Sends the client away when it sits in one of these channels by that subject.
    func expel(_ subject: Subject, from channels: Set<BroadcastChannel>) {
        let seat = state.withLock { state in
            let seat = state.seats.first { $0.value.subject == subject && channels.contains($0.value.room.name.channel) }
            defer { state.isExpelled = state.isExpelled || seat != nil }
            return state.isExpelled ? nil : seat
        }
        if let seat { close(.lostRight(to: seat.key)) }
    }

    // MARK: - Signs of life

    /// Asks a silent client for a sign of life, and gives it up when none comes.
    func check(now: ContinuousClock.Instant, limits: PusherLimits) {
        let (mustPing, isDead) = state.withLock { state in
            let silence = now - state.lastHeard
            let isDead = state.isPinged && silence > limits.activityTimeout + limits.pongTime
            let mustPing = !state.isPinged && silence > limits.activityTimeout
            if mustPing { state.isPinged = true }
            return (mustPing, isDead)
        }
        if mustPing { socket.offer(PusherFrames.ping) }
        if isDead { close(.silent) }
    }

    func close(_ error: PusherError) {
        socket.offer(PusherFrames.error(error))
        socket.close(error.code, reason: error.message)
    }
}

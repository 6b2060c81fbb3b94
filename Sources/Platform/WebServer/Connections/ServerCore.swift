internal import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
    let limits: ServerLimits
    let handler: @Sendable (Request) async -> Response
    let answerAtOnce: (@Sendable (Request) -> Response?)?
    let onAccess: (@Sendable (AccessRecord) -> Void)?
    let trustedProxies: [AddressRange]
    let connections = ConnectionTable()
    let admission: Admission
    let sockets: SocketLoop
    let poller: Poller
    let requestIDs = RequestIDs()

    private let isStoppingFlag = Atomic(false)
    private let isCuttingFlag = Atomic(false)
    private let nextNumber = Atomic<UInt64>(0)
    private let handlers = Atomic(0)

    init(
        _ configuration: ServerConfiguration,
        _ handler: @escaping @Sendable (Request) async -> Response
    ) throws(WebServerError) {
        limits = configuration.limits
        answerAtOnce = configuration.answerAtOnce
        onAccess = configuration.onAccess
        trustedProxies = configuration.trustedProxies
        self.handler = handler
        admission = Admission(limits: limits, exempt: trustedProxies)
        sockets = try SocketLoop()
        poller = try Poller()
    }

    /// Connections are no longer kept, and none is accepted.
    var isStopping: Bool { isStoppingFlag.load(ordering: .relaxed) }
    /// Everything is cut: no connection may wait for a handler any more.
    var isCutting: Bool { isCuttingFlag.load(ordering: .sequentiallyConsistent) }

    func beginStopping() { isStoppingFlag.store(true, ordering: .relaxed) }
    func beginCutting() { isCuttingFlag.store(true, ordering: .sequentiallyConsistent) }

    /// A number that no other connection of this server has.
    func newNumber() -> UInt64 { nextNumber.add(1, ordering: .relaxed).newValue }

    var handlerCount: Int { handlers.load(ordering: .relaxed) }
    func handlerBegins() { handlers.add(1, ordering: .relaxed) }
    func handlerEnds() { handlers.subtract(1, ordering: .relaxed) }

    /// libmicrohttpd is about to close the connection's descriptor.
    func closed(_ connection: Connection) {
        connection.isOver()
        connections.remove(connection)
        poller.remove(connection.descriptor)
        if !connection.isTicketMoved { connection.ticket.giveBack() }
        // The keeper may wait for the last one.
        if isStopping { poller.ring() }
    }
}

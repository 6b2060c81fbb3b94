internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// One accepted connection: what it is doing, and until when it may.
///
/// libmicrohttpd's thread says what happens; the ``ConnectionKeeper`` looks at the deadlines.
final class Connection: Sendable {
    enum Phase {
        /// The header is awaited.
        case header
        /// A kept connection between two requests.
        case idle
        /// The header is there; the handler decides.
        case handling
        /// The body comes in.
        case body
        /// The answer goes out.
        case answering
        /// The answer went out before the body was in: what still comes is thrown away.
        case lingering
        /// Shut down by us, or handed to a WebSocket.
        case over
    }

    /// What the keeper has to do.
    enum Verdict {
        case none
        /// Close without a word.
        case close
        /// Answer 408, and close.
        case timeOut
        /// Learn when the client goes away.
        case watch
        /// The handler took too long.
        case handlerTimeOut(Exchange)
    }

    /// What may be wrong with a request that the library refuses by itself.
    enum Fault {
        case none
        /// Its header has a `Content-Length` that is none.
        case badLength
        /// Its body comes in chunks.
        case maybeBadChunks
    }

    private struct State {
        var phase = Phase.header
        /// The library's own for it, as an address, while a request comes in, and the thread that this is read on.
        var library: UInt?
        var thread: pthread_t?
        var deadline: ContinuousClock.Instant?
        var since = ContinuousClock.now
        var exchange: Exchange?
        var windowStart = ContinuousClock.now
        var windowCount = 0
        var isPaused = false
        var isWatched = false
        var hasHungUp = false
        var takeover: Takeover?
        var isTicketMoved = false
    }

    let number: UInt64
    let descriptor: Int32
    let address: IPAddress?
    let client: Client
    let isEncrypted: Bool
    let isFromTrustedProxy: Bool
    let ticket: Admission.Ticket
    private let limits: ServerLimits
    private let state: Mutex<State>

    init(
        number: UInt64,
        descriptor: Int32,
        address: IPAddress?,
        client: Client,
        isFromTrustedProxy: Bool,
        ticket: Admission.Ticket,
        limits: ServerLimits
    ) {
        self.number = number
        self.descriptor = descriptor
        self.address = address
        self.client = client
        isEncrypted = client.scheme == "https"
        self.isFromTrustedProxy = isFromTrustedProxy
        self.ticket = ticket
        self.limits = limits
        var state = State()
        state.deadline = .now + limits.headerTime
        self.state = Mutex(state)
    }

    // MARK: - What happens

    /// A request's first line is there; on the connection's thread of the library.
    func targetCame(_ library: OpaquePointer) {
        let address = UInt(bitPattern: library)
        state.withLock { state in
            (state.library, state.thread) = (address, pthread_self())
            guard state.phase == .idle else { return }
            state.phase = .header
            state.deadline = .now + limits.headerTime
        }
    }

    /// A request's header is there; false when its time is over and the connection is being closed.
    func headerCame(_ exchange: Exchange, now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard state.phase == .header || state.phase == .idle else { return false }
            state.phase = .handling
            state.deadline = nil
            state.since = now
            state.exchange = exchange
            return true
        }
    }

    func bodyBegins() {
        state.withLock { state in
            guard state.phase == .handling else { return }
            state.phase = .body
            state.windowStart = .now
            state.windowCount = 0
        }
    }

    /// Bytes of the body came, and whether the client has to wait now, which is not its fault.
    func bodyCame(_ count: Int, isPaused: Bool) {
        state.withLock { state in
            state.windowCount += count
            state.isPaused = isPaused
        }
    }

    /// The client need not wait any more.
    func bodyMayCome() {
        state.withLock { state in
            state.isPaused = false
            state.windowStart = .now
            state.windowCount = 0
        }
    }

    /// The body is complete; true when the client has gone meanwhile.
    func bodyEnded() -> Bool {
        state.withLock { state in
            if state.phase == .body { state.phase = .handling }
            return state.hasHungUp
        }
    }

    func answerBegins() { state.withLock { if $0.phase != .over { $0.phase = .answering } } }

    func lingers() {
        state.withLock { state in
            guard state.phase != .over else { return }
            state.phase = .lingering
            state.deadline = .now + .seconds(2)
        }
    }

    /// The request is over; the connection may be used again.
    func requestEnded(now: ContinuousClock.Instant) {
        state.withLock { state in
            (state.exchange, state.library, state.thread) = (nil, nil, nil)
            guard state.phase != .over else { return }
            state.phase = .idle
            state.deadline = now + limits.idleTime
        }
    }

    /// No deadline counts any more.
    func isOver() {
        state.withLock { state in
            state.phase = .over
            (state.exchange, state.library, state.thread) = (nil, nil, nil)
            state.takeover = nil
        }
    }

    /// The client has closed its side; gives what has to learn it.
    ///
    /// While a body comes in, libmicrohttpd finds out by itself, once it has read what came before.
    func hungUp() -> Exchange? {
        state.withLock { state in
            state.hasHungUp = true
            return state.phase == .handling || state.phase == .answering ? state.exchange : nil
        }
    }

    /// The request that is under way.
    var exchange: Exchange? { state.withLock { $0.exchange } }

    /// Kept for the library, which calls it when the handshake is through.
    var takeover: Takeover? {
        get { state.withLock { $0.takeover } }
        set { state.withLock { $0.takeover = newValue } }
    }

    /// The place in the limits belongs to a WebSocket from now on.
    func moveTicket() -> Admission.Ticket {
        state.withLock { state in
            state.isTicketMoved = true
            state.phase = .over
        }
        return ticket
    }

    var isTicketMoved: Bool { state.withLock { $0.isTicketMoved } }

    /// What may be wrong with the request that comes in on this thread; for the library's own thread, while it refuses one.
    var fault: Fault {
        state.withLock { state in
            guard !isEncrypted, state.thread == pthread_self() else { return .none }
            switch state.phase {
            case .header:
                let library = state.library.flatMap { OpaquePointer(bitPattern: $0) }
                return library.map(slipway_mhd_has_bad_length) ?? 0 != 0 ? .badLength : .none
            case .body: return state.exchange?.isChunked == true ? .maybeBadChunks : .none
            case .idle, .handling, .answering, .lingering, .over: return .none
            }
        }
    }

    // MARK: - What has to be done

    /// Looks at the deadlines.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - isStopping: Connections without a request are closed then.
    /// - Returns: What to do; the connection is marked as if it were done.
    func check(_ now: ContinuousClock.Instant, isStopping: Bool) -> Verdict {
        state.withLock { state in
            switch state.phase {
            case .over: return .none
            case .idle where isStopping: return Self.end(&state, .close)
            case .idle, .lingering: return now > state.deadline ?? now ? Self.end(&state, .close) : .none
            case .header:
                // A stop doesn't wait for what hasn't begun to be asked.
                let isLate = now > state.deadline ?? now || isStopping && now - state.since > .seconds(1)
                return isLate ? Self.end(&state, .timeOut) : .none
            case .body:
                guard now - state.windowStart >= limits.bodyWindow else { break }
                let seconds = limits.bodyWindow / .seconds(1)
                if !state.isPaused, Double(state.windowCount) < Double(limits.bodyBytesPerSecond) * seconds {
                    return Self.end(&state, .timeOut)
                }
                (state.windowStart, state.windowCount) = (now, 0)
            case .handling:
                if let limit = limits.handlerTime, now - state.since > limit, let exchange = state.exchange {
                    state.since = now
                    return .handlerTimeOut(exchange)
                }
            case .answering: break
            }
            if state.isWatched { return .none }
            state.isWatched = true
            return .watch
        }
    }

    private static func end(_ state: inout State, _ verdict: Verdict) -> Verdict {
        state.phase = .over
        return verdict
    }
}

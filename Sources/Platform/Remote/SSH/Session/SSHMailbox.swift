internal import CLinux
internal import Glibc
internal import Synchronization

/// What a connection's thread is asked, and the bell that wakes it.
final class SSHMailbox: Sendable {
    /// One thing to do.
    struct Order: Sendable {
        /// Does it, on the thread, and answers.
        let perform: @Sendable (SSHSession) -> Void
        /// Answers that it won't be done.
        let refuse: @Sendable (SSHError) -> Void
        /// Whether nobody waits for it any more.
        let isGivenUp: @Sendable () -> Bool
    }

    enum Next {
        case order(Order)
        case nothing
        case close
    }

    private struct State {
        var orders: [Order] = []
        var isClosing = false
        /// Why nothing can be asked any more, once the thread is through.
        var end: SSHError?
        var closers: [CheckedContinuation<Void, Never>] = []
        var bell: Int32
    }

    private let state: Mutex<State>

    /// Makes one; nil when no descriptor is left.
    init?() {
        let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0 else { return nil }
        state = Mutex(State(bell: bell))
    }

    // The thread has the mailbox until it ends, so that this is the case of a thread that never began.
    deinit { state.withLock { Self.silence(&$0) } }

    /// Readable when there is something to look at; on the thread.
    var bell: Int32 { state.withLock { $0.bell } }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    func post(_ order: Order) {
        let end = state.withLock { state -> SSHError? in
            if let end = state.end { return end }
            state.orders.append(order)
            Self.ring(state)
            return nil
        }
        if let end { order.refuse(end) }
    }

    func ring() { state.withLock { Self.ring($0) } }

    /// Asks the thread to end.
    func close() {
        state.withLock { state in
            state.isClosing = true
            Self.ring(state)
        }
    }

    /// Waits until the thread has freed everything.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if state.end == nil { state.closers.append(continuation) }
                return state.end != nil
            }
            if isOver { continuation.resume() }
        }
    }

    /// What the thread does next, and silences the bell.
    func next() -> Next {
        state.withLock { state in
            Self.hear(state)
            if state.isClosing { return .close }
            return state.orders.isEmpty ? .nothing : .order(state.orders.removeFirst())
        }
    }

    /// Silences the bell: whoever rang is found by looking.
    func hear() { state.withLock { Self.hear($0) } }

    /// The thread is through: refuses what waits, and everything from now on.
    func end(_ error: SSHError) {
        let (orders, closers) = state.withLock { state -> ([Order], [CheckedContinuation<Void, Never>]) in
            defer {
                state.orders = []
                state.closers = []
            }
            state.end = error
            Self.silence(&state)
            return (state.orders, state.closers)
        }
        for order in orders { order.refuse(error) }
        for closer in closers { closer.resume() }
    }

    private static func ring(_ state: State) {
        guard state.bell >= 0 else { return }
        eventfd_write(state.bell, 1)
    }

    private static func hear(_ state: State) {
        var count: eventfd_t = 0
        eventfd_read(state.bell, &count)
    }

    private static func silence(_ state: inout State) {
        guard state.bell >= 0 else { return }
        Glibc.close(state.bell)
        state.bell = -1
    }
}

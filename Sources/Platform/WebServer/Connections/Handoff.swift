internal import CMicroHTTPD
internal import Synchronization

/// What a handler's task and libmicrohttpd's thread hand to each other, and the connection's sleep meanwhile.
final class Handoff: @unchecked Sendable {
    /// What the library's thread can do.
    enum Step {
        case answer(Response, ResponsePipe?)
        /// There is an answer, though the body isn't through.
        case answerWaits
        /// What was waited for has come.
        case goOn
        /// The connection sleeps; the library calls again when it is woken.
        case sleep
        case close
    }

    private struct State {
        var isSuspended = false
        /// The client is gone or everything is cut.
        var isAborted = false
        /// The library knows the request no more.
        var isCompleted = false
        /// There is or was an answer: a later one counts nothing.
        var isAnswered = false
        var response: Response?
        var pipe: ResponsePipe?
        var task: Task<Void, Never>?
    }

    // @unchecked: the library's connection is suspended and resumed under the lock only, and never after `complete`.
    private let connection: OpaquePointer
    private let state = Mutex(State())

    init(_ connection: OpaquePointer) { self.connection = connection }

    // MARK: - The library's thread

    /// Takes the answer, or sleeps until there is one.
    func takeAnswer() -> Step {
        state.withLock { state in
            if state.isAborted { return .close }
            guard let response = state.response else { return sleep(&state) }
            state.response = nil
            return .answer(response, state.pipe)
        }
    }

    /// Goes on when `isReady`, or sleeps.
    func wait(until isReady: () -> Bool) -> Step {
        state.withLock { state in
            if state.isAborted { return .close }
            if state.response != nil { return .answerWaits }
            return isReady() ? .goOn : sleep(&state)
        }
    }

    /// Sleeps unless the pipe has something to send; false when it has, or when everything is to be cut.
    func sleep(for pipe: ResponsePipe) -> Bool {
        state.withLock { state in
            if state.isAborted || pipe.hasNews { return false }
            _ = sleep(&state)
            return true
        }
    }

    /// The request is over; gives what the handler still has.
    func complete() -> (task: Task<Void, Never>?, pipe: ResponsePipe?) {
        state.withLock { state in
            state.isCompleted = true
            defer { (state.task, state.pipe, state.response) = (nil, nil, nil) }
            return (state.task, state.pipe)
        }
    }

    // MARK: - Other threads

    /// Gives the answer; false when nobody takes it, or another came first.
    func deliver(_ response: Response, _ pipe: ResponsePipe? = nil) -> Bool {
        state.withLock { state in
            guard !state.isAnswered, !state.isAborted, !state.isCompleted else { return false }
            state.isAnswered = true
            state.response = response
            state.pipe = pipe
            wake(&state)
            return true
        }
    }

    /// The handler's task; cancelled at once when it comes too late.
    func adopt(_ task: Task<Void, Never>) {
        let isLate = state.withLock { state in
            if !state.isCompleted { state.task = task }
            return state.isAborted || state.isCompleted
        }
        if isLate { task.cancel() }
    }

    /// Cancels the handler, and has the library close the connection.
    func abort() {
        let (task, pipe) = state.withLock { state in
            state.isAborted = true
            wake(&state)
            return (state.task, state.pipe)
        }
        task?.cancel()
        pipe?.close()
    }

    /// Cancels the handler and answers in its stead, unless it has answered.
    func replace(by response: Response) {
        // Before the answer is there: once it has gone out, nobody has the task any more.
        let task = state.withLock { $0.task }
        if deliver(response) { task?.cancel() }
    }

    /// What the library's thread waited for may have come.
    func wake() { state.withLock { wake(&$0) } }

    // MARK: - Details

    private func sleep(_ state: inout State) -> Step {
        if !state.isSuspended {
            state.isSuspended = true
            MHD_suspend_connection(connection)
        }
        return .sleep
    }

    private func wake(_ state: inout State) {
        guard state.isSuspended, !state.isCompleted else { return }
        state.isSuspended = false
        MHD_resume_connection(connection)
    }
}

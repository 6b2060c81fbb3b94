internal import Synchronization

/// What somebody waits for: given once, by whoever is first.
final class SSHAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Value, SSHError>, Never>)
        case given(Result<Value, SSHError>)
    }

    private let state = Mutex(State.open)

    /// Whether nobody waits any more.
    var isGiven: Bool {
        state.withLock { if case .given = $0 { true } else { false } }
    }

    func give(_ result: Result<Value, SSHError>) {
        let waiting = state.withLock { state -> CheckedContinuation<Result<Value, SSHError>, Never>? in
            switch state {
            case .given: return nil
            case .open:
                state = .given(result)
                return nil
            case .awaited(let continuation):
                state = .given(result)
                return continuation
            }
        }
        waiting?.resume(returning: result)
    }

    /// Waits for the answer; cancelling the task gives it.
    ///
    /// - Parameters:
    ///   - address: For the error of a cancellation.
    ///   - noticeCancellation: Wakes who works on it.
    /// - Returns: The value that was given.
    /// - Throws: The error that was given, or `cancelled`.
    func value(address: SSHAddress, noticeCancellation: @escaping @Sendable () -> Void) async throws(SSHError) -> Value {
        let result: Result<Value, SSHError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let given = state.withLock { state -> Result<Value, SSHError>? in
                    if case .given(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
        } onCancel: {
            give(.failure(SSHError(.cancelled, address: address)))
            noticeCancellation()
        }
        return try result.get()
    }
}

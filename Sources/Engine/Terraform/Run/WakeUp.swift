internal import Synchronization

/// Lets one task wait until someone rings; a ring while nobody waits is kept.
final class WakeUp: Sendable {
    private struct State {
        var hasRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.hasRung = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at the next ring, or at once after one that was kept.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                defer { state.hasRung = false }
                if !state.hasRung { state.waiter = continuation }
                return state.hasRung
            }
            if isOver { continuation.resume() }
        }
    }
}

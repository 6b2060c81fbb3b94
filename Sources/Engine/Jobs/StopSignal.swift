internal import Synchronization

/// Tells a running handler to stop, and why; a more urgent reason replaces the first.
package final class StopSignal: Sendable {
    private struct State {
        var reason: StopReason?
        var waiters: [UInt64: (urgency: Int, continuation: CheckedContinuation<StopReason?, Never>)] = [:]
        var nextWaiter: UInt64 = 0
    }
    private let state = Mutex(State())

    package init() {}

    /// The most urgent reason so far; nil while the handler may go on.
    package var reason: StopReason? { state.withLock { $0.reason } }

    /// Waits for the first reason; one that is there already returns at once.
    ///
    /// - Returns: The reason, or nil when the waiting task was cancelled.
    package func wait() async -> StopReason? { await wait(urgency: 0) }

    /// Waits for a reason that is more urgent than `reason`: the second Ctrl-C, the time limit during a tidy-up.
    ///
    /// - Returns: The reason, or nil when the waiting task was cancelled.
    package func wait(beyond reason: StopReason) async -> StopReason? { await wait(urgency: reason.urgency + 1) }

    /// Returns while the handler may go on.
    ///
    /// - Throws: ``JobStopped`` once there is a reason.
    package func check() throws(JobStopped) {
        if let reason { throw JobStopped(reason: reason) }
    }

    /// Gives a reason; one that is not more urgent than the present is dropped.
    package func ring(_ reason: StopReason) {
        let woken = state.withLock { state -> [CheckedContinuation<StopReason?, Never>] in
            if let present = state.reason, present.urgency >= reason.urgency { return [] }
            state.reason = reason
            let due = state.waiters.filter { $0.value.urgency <= reason.urgency }
            for id in due.keys { state.waiters[id] = nil }
            return due.values.map(\.continuation)
        }
        for waiter in woken { waiter.resume(returning: reason) }
    }

    private func wait(urgency: Int) async -> StopReason? {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> StopReason?? in
                    if let reason = state.reason, reason.urgency >= urgency { return .some(reason) }
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[id] = (urgency, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            // Runs before or after the waiter is entered: when before, the isCancelled check above sees it.
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
    }
}

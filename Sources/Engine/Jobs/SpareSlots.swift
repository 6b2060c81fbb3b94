internal import Synchronization

/// Computing slots of this process that its worker's jobs leave free, for work that is no job but needs the machine like one.
///
/// Jobs go first: who waits for a slot gets one when the worker has leased what was ready. Together they never take more than there are.
package final class SpareSlots: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// What the worker's jobs compute on, or may compute on after the lease that is under way.
        var claimed = 0
        /// What others have.
        var taken = 0
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
        /// Has the worker look for jobs; nil where there is none.
        var onRoom: (@Sendable () -> Void)?
    }

    private let count: Int
    private let waitingLimit: Int
    private let state = Mutex(State())

    /// Makes the slots of one process.
    ///
    /// - Parameters:
    ///   - count: The worker's ``WorkerLimits/computing``; where there is no worker, what others may take at once.
    ///   - waitingLimit: How many may wait for a slot; more are refused at once.
    package init(count: Int, waitingLimit: Int = 64) {
        self.count = max(1, count)
        self.waitingLimit = waitingLimit
    }

    /// Does work on a free slot.
    ///
    /// - Parameters:
    ///   - limit: How long to wait for one.
    ///   - work: Holds the slot until it returns.
    /// - Returns: What the work gave; nil when no slot was free in time, or too many wait already.
    /// - Throws: What the work throws, or `CancellationError` when the task was cancelled before it began.
    package func withSlot<T>(within limit: Duration, _ work: () async throws -> T) async throws -> T? {
        guard await take(within: limit) else {
            try Task.checkCancellation()
            return nil
        }
        defer { giveBack() }
        try Task.checkCancellation()
        return try await work()
    }

    /// Who waits for a slot.
    var waitingCount: Int { state.withLock { $0.waiters.count } }

    // MARK: - The worker's side

    /// Has `onRoom` called when a slot becomes free that a job could take.
    func attach(_ onRoom: @escaping @Sendable () -> Void) { state.withLock { $0.onRoom = onRoom } }

    /// Before a lease: how many jobs it may bring; they have their slots until ``settle(computing:)``.
    func claim(computing: Int) -> Int {
        state.withLock { state in
            let room = max(0, count - computing - state.taken)
            state.claimed = computing + room
            return room
        }
    }

    /// After it: what the worker left free goes to those that wait.
    func settle(computing: Int) {
        grant { $0.claimed = computing }
    }

    // MARK: - Details

    private func take(within limit: Duration) async -> Bool {
        enum Start {
            case taken, refused
            case waiting(UInt64)
        }
        let start = state.withLock { state -> Start in
            if state.waiters.isEmpty, state.claimed + state.taken < count {
                state.taken += 1
                return .taken
            }
            guard state.waiters.count < waitingLimit else { return .refused }
            state.nextID += 1
            return .waiting(state.nextID)
        }
        guard case .waiting(let id) = start else {
            if case .taken = start { return true }
            return false
        }
        let deadline = ContinuousClock.now + limit
        // Awaited at the end of the scope: it ends the wait, unless a slot ends it first.
        async let _: Void = {
            try? await Task.sleep(until: deadline)  // cancelled: the wait is over, one way or the other
            self.giveUp(id)
        }()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                grant { $0.waiters.append(Waiter(id: id, continuation: continuation)) }
                // The wait may have ended before it began.
                if Task.isCancelled || ContinuousClock.now >= deadline { giveUp(id) }
            }
        } onCancel: {
            giveUp(id)
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func giveBack() {
        let onRoom = state.withLock { state in
            state.taken -= 1
            return state.onRoom
        }
        // The worker has the first choice, and its settling lets the next one in.
        if let onRoom { onRoom() } else { grant { _ in } }
    }

    private func grant(after change: (inout State) -> Void) {
        let granted = state.withLock { state in
            change(&state)
            let room = max(0, count - state.claimed - state.taken)
            let granted = Array(state.waiters.prefix(room))
            state.waiters.removeFirst(granted.count)
            state.taken += granted.count
            return granted
        }
        for waiter in granted { waiter.continuation.resume(returning: true) }
    }
}

internal import Dispatch
internal import Synchronization

/// A bounded set of connections, each used from a serial queue of its own, with one line of waiting work before them.
///
/// A blocking call thus holds one dispatch thread, never one of Swift's pool.
final class LanePool<Resource: AnyObject>: Sendable {
    /// One queue and the connection that is used on it.
    final class Lane: @unchecked Sendable {
        // @unchecked: touched only by the work that holds the lane, on its queue; a lane is held by one piece of work at a time.
        var resource: Resource?
        fileprivate let queue: DispatchQueue

        fileprivate init(label: String) { queue = DispatchQueue(label: label) }
    }

    typealias Work = @Sendable (Lane) -> Void

    private struct State {
        var idle: [Lane]
        var waiting = FIFO<Work>()
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let laneCount: Int
    private let waitingLimit: Int

    init(label: String, lanes laneCount: Int, waitingLimit: Int) {
        self.laneCount = laneCount
        self.waitingLimit = waitingLimit
        state = Mutex(State(idle: (0..<laneCount).map { Lane(label: "\(label) \($0)") }))
    }

    /// Runs `work` on a free lane, in the order of the calls; the most recently used lane first, so that few connections stay busy.
    ///
    /// - Throws: ``StorageError/Reason/closed``, or ``StorageError/Reason/busy`` when the line is full; `work` is not run then.
    func submit(_ work: @escaping Work) throws(StorageError) {
        let lane = try state.withLock { state throws(StorageError) -> Lane? in
            if state.isClosed { throw StorageError(.closed) }
            if let lane = state.idle.popLast() { return lane }
            guard state.waiting.count < waitingLimit else { throw StorageError(.busy) }
            state.waiting.append(work)
            return nil
        }
        if let lane { lane.queue.async { self.run(work, on: lane) } }
    }

    /// Refuses new work, waits for all that was submitted, and drops every lane's resource.
    func close() async {
        await withCheckedContinuation { continuation in
            let lanes: [Lane] = state.withLock { state in
                state.isClosed = true
                state.closers.append(continuation)
                return state.idle.count == laneCount ? state.idle : []
            }
            if let lane = lanes.first { lane.queue.async { self.finishClosing() } }
        }
    }

    private func run(_ work: @escaping Work, on lane: Lane) {
        var next: Work? = work
        while let current = next {
            current(lane)
            next = state.withLock { state in
                if let waiting = state.waiting.popFirst() { return waiting }
                state.idle.append(lane)
                return nil
            }
        }
        finishClosing()
    }

    private func finishClosing() {
        let (lanes, closers) = state.withLock { state -> ([Lane], [CheckedContinuation<Void, Never>]) in
            guard state.isClosed, state.idle.count == laneCount else { return ([], []) }
            defer { state.closers = [] }
            return (state.idle, state.closers)
        }
        // Every lane is idle for good: nobody else touches the resources.
        for lane in lanes { lane.resource = nil }
        for closer in closers { closer.resume() }
    }
}

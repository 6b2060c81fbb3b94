import Host
import Synchronization
import WebServer

/// Lets large bodies in as far as memory allows, the others waiting in order, and works on them beside Swift's threads: whoever asks for
/// little is answered meanwhile.
package final class LargeBodies: Sendable {
    /// A right to memory; it is given back when nobody holds it.
    final class Share: Sendable {
        private let bodies: LargeBodies
        private let byteCount: Int

        fileprivate init(_ bodies: LargeBodies, _ byteCount: Int) { (self.bodies, self.byteCount) = (bodies, byteCount) }

        deinit {
            bodies.giveBack(byteCount)
            // Much of the heap is free now, and the next large body may be long in coming.
            Heap.trim()
        }
    }

    private struct Waiter {
        let id: Int
        let byteCount: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        var lastID = 0
        var waiters: [Waiter] = []
    }

    /// Bodies up to so many bytes are let in at once.
    static let threshold = 256 * 1024
    /// The least that is expected of a client that has been let in, after half a minute.
    private static let bytesPerSecond = 100_000

    private let capacity: Int
    private let patience: Duration
    private let state: Mutex<State>
    private let executor = SideExecutor(label: "slipway.large-bodies")

    /// Makes a place for them.
    ///
    /// - Parameters:
    ///   - capacity: How many bytes of bodies are held at once; a larger body is held alone.
    ///   - patience: Who has waited so long is told to come again.
    package init(capacity: Int = 24 << 20, patience: Duration = .seconds(20)) {
        self.capacity = capacity
        self.patience = patience
        state = Mutex(State(free: capacity))
    }

    /// Reads a request's body.
    ///
    /// The first ``threshold`` bytes are read at once, so that nobody holds room with an announcement alone.
    ///
    /// - Returns: All bytes, and the share that they have when they are many.
    /// - Throws: `BodyError`; ``Problem``: 503 when it takes too long to get room, 408 when the client takes too long to use it.
    func collect(_ request: Request, _ shape: BodyShape) async throws -> ([UInt8], Share?) {
        let announced = request.body.announcedLength
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        // An archive swells: it gets all there is.
        let isArchive = type.hasPrefix("application/gzip") || type.hasPrefix("multipart/")
        let limit = isArchive ? shape.uploadLimit ?? shape.limit : shape.limit
        if let announced, announced > limit { throw BodyError.tooLarge(limit: limit) }
        let wanted = isArchive ? capacity : min(announced ?? limit, capacity)
        var bytes: [UInt8] = []
        var share: Share?
        var deadline: ContinuousClock.Instant?
        for try await chunk in request.body {
            guard bytes.count + chunk.count <= limit else { throw BodyError.tooLarge(limit: limit) }
            if let deadline, deadline < .now {
                throw Problem(408, "timeout", "The body comes too slowly; the server can't keep room for it so long.")
            }
            bytes += chunk
            if share == nil, bytes.count > Self.threshold {
                share = try await take(wanted)
                deadline = .now + .seconds(30 + (announced ?? limit) / Self.bytesPerSecond)
                bytes.reserveCapacity(announced ?? 0)
            }
        }
        if share == nil, isArchive, !bytes.isEmpty { share = try await take(wanted) }
        return (bytes, share)
    }

    /// Runs the work on a body: on the side when it has a share.
    func work<T: Sendable>(on share: Share?, _ body: @Sendable () async throws -> T) async throws -> T {
        guard let share else { return try await body() }
        defer { withExtendedLifetime(share) {} }
        return try await withTaskExecutorPreference(executor) { try await body() }
    }

    // MARK: - Details

    private func take(_ byteCount: Int) async throws -> Share {
        try await wait(for: byteCount)
        return Share(self, byteCount)
    }

    private func wait(for byteCount: Int) async throws {
        let id = state.withLock { state -> Int? in
            if state.waiters.isEmpty, state.free >= byteCount {
                state.free -= byteCount
                return nil
            }
            state.lastID += 1
            return state.lastID
        }
        guard let id else { return }
        // Ends with this function.
        let alarm = Task { [patience] in
            try await Task.sleep(for: patience)
            drop(id, Problem.unavailable("The server has its hands full of large requests; send it again in a moment."))
        }
        defer { alarm.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    // Under the lock: a cancellation that comes later finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.waiters.isEmpty, state.free >= byteCount {
                        state.free -= byteCount
                        return .success(())
                    }
                    state.waiters.append(Waiter(id: id, byteCount: byteCount, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            drop(id, CancellationError())
        }
    }

    private func drop(_ id: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
        }
        guard let waiter else { return }
        waiter.continuation.resume(throwing: error)
        giveBack(0)
    }

    /// Makes room, and lets in who fits now, in order.
    private func giveBack(_ byteCount: Int) {
        let lucky = state.withLock { state in
            state.free += byteCount
            var lucky: [Waiter] = []
            while let first = state.waiters.first, first.byteCount <= state.free {
                state.free -= first.byteCount
                lucky.append(state.waiters.removeFirst())
            }
            return lucky
        }
        for waiter in lucky { waiter.continuation.resume() }
    }
}

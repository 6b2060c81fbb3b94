internal import Synchronization

/// The body of a request, as it comes in.
///
/// Read it once, by iterating or by ``collect(upTo:)``. What isn't read yet is held up to a bound; then the client has to wait. What the
/// handler leaves unread is thrown away.
package final class RequestBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = BodyError

    private enum End: Sendable {
        case whole
        case failed(BodyError)
    }

    private struct State {
        var chunks: [[UInt8]] = []
        var bufferedCount = 0
        var receivedCount = 0
        var end: End?
        var isWanted = false
        var isPaused = false
        var isDiscarding = false
        var waiter: CheckedContinuation<Result<[UInt8]?, BodyError>, Never>?
        var onRoom: (@Sendable () -> Void)?
    }

    /// So much is held before the client has to wait, and so little before it may go on.
    private static let (high, low) = (256 * 1024, 64 * 1024)

    /// A body of no bytes.
    package static let empty = RequestBody(bytes: [])

    /// What the client announced; nil when it sends chunks until it has no more.
    package let announcedLength: Int?
    private let limit: Int
    private let state: Mutex<State>

    /// A body that is there already.
    package init(bytes: [UInt8]) {
        announcedLength = bytes.count
        limit = .max
        var state = State()
        state.end = .whole
        if !bytes.isEmpty { state.chunks = [bytes] }
        self.state = Mutex(state)
    }

    init(announcedLength: Int?, limit: Int) {
        self.announcedLength = announcedLength
        self.limit = limit
        state = Mutex(State())
    }

    /// The whole body.
    ///
    /// - Parameter most: The most bytes that are taken; the server's own limit holds besides.
    /// - Returns: All bytes.
    /// - Throws: ``BodyError/tooLarge(limit:)``, at once when the client announced more; ``BodyError/clientGone``
    package func collect(upTo most: Int) async throws(BodyError) -> [UInt8] {
        if let announcedLength, announcedLength > most { throw .tooLarge(limit: most) }
        guard var all = try await nextChunk() else { return [] }
        if let announcedLength, announcedLength > all.count { all.reserveCapacity(announcedLength) }
        while all.count <= most, let chunk = try await nextChunk() { all += chunk }
        if all.count > most { throw .tooLarge(limit: most) }
        return all
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let body: RequestBody

        package mutating func next() async throws(BodyError) -> [UInt8]? { try await body.nextChunk() }
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(BodyError) -> [UInt8]? {
            try await body.nextChunk()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    // MARK: - The server's side

    /// Called when the handler begins to read, and when there is room again; before the first chunk comes.
    func setOnRoom(_ onRoom: @escaping @Sendable () -> Void) { state.withLock { $0.onRoom = onRoom } }

    /// The handler has begun to read.
    var isWanted: Bool { state.withLock { $0.isWanted } }
    /// The client has to wait.
    var isPaused: Bool { state.withLock { $0.isPaused } }
    var receivedCount: Int { state.withLock { $0.receivedCount } }

    /// Takes bytes that came in; false when they were one too many and the body has failed.
    func push(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let chunk = Array(bytes)
        let (waiter, isFine): (CheckedContinuation<Result<[UInt8]?, BodyError>, Never>?, Bool) = state.withLock { state in
            state.receivedCount += chunk.count
            if state.receivedCount > limit {
                if state.end == nil { state.end = .failed(.tooLarge(limit: limit)) }
                state.chunks = []
                defer { state.waiter = nil }
                return (state.waiter, false)
            }
            if state.isDiscarding || state.end != nil { return (nil, true) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            state.chunks.append(chunk)
            state.bufferedCount += chunk.count
            if state.bufferedCount >= Self.high { state.isPaused = true }
            return (nil, true)
        }
        waiter?.resume(returning: isFine ? .success(chunk) : .failure(.tooLarge(limit: limit)))
        return isFine
    }

    /// All has come.
    func finish() { end(.whole, .success(nil)) }

    /// The rest won't come.
    func fail(_ error: BodyError) { end(.failed(error), .failure(error)) }

    /// The handler is done: nobody will read the rest.
    func discardRest() {
        let onRoom = state.withLock { state in
            state.isDiscarding = true
            state.chunks = []
            state.bufferedCount = 0
            defer { state.isPaused = false }
            return state.isPaused ? state.onRoom : nil
        }
        onRoom?()
    }

    // MARK: - Details

    private func end(_ end: End, _ result: Result<[UInt8]?, BodyError>) {
        let waiter = state.withLock { state -> CheckedContinuation<Result<[UInt8]?, BodyError>, Never>? in
            if state.end == nil { state.end = end }
            // A failure is known at once; a whole body is read to its end first.
            if case .failed = end { state.chunks = [] }
            state.onRoom = nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }

    private struct Taken {
        var result: Result<[UInt8]?, BodyError>?
        var onRoom: (@Sendable () -> Void)?
    }

    private static func take(_ state: inout State) -> Taken {
        var taken = Taken()
        if !state.isWanted || state.isPaused && state.bufferedCount <= low { taken.onRoom = state.onRoom }
        state.isWanted = true
        if !state.chunks.isEmpty {
            let chunk = state.chunks.removeFirst()
            state.bufferedCount -= chunk.count
            if state.isPaused, state.bufferedCount <= low {
                state.isPaused = false
                taken.onRoom = state.onRoom
            }
            taken.result = .success(chunk)
        } else {
            switch state.end {
            case .whole: taken.result = .success(nil)
            case .failed(let error): taken.result = .failure(error)
            case nil: break
            }
        }
        return taken
    }

    private func nextChunk() async throws(BodyError) -> [UInt8]? {
        let taken = state.withLock { Self.take(&$0) }
        taken.onRoom?()
        if let result = taken.result { return try result.get() }
        // A cancelled handler's body fails by itself when the client has gone.
        let result = await withCheckedContinuation { continuation in
            let taken = state.withLock { state in
                let taken = Self.take(&state)
                if taken.result == nil { state.waiter = continuation }
                return taken
            }
            taken.onRoom?()
            if let result = taken.result { continuation.resume(returning: result) }
        }
        return try result.get()
    }
}

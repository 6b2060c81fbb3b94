internal import Dispatch
internal import Synchronization

/// A few dispatch queues for calls that block, so that they never hold one of Swift's threads.
final class BlockingLanes: Sendable {
    private let queues: [DispatchQueue]
    private let next = Atomic(0)

    init(label: String, count: Int) { queues = (0..<count).map { DispatchQueue(label: "\(label) \($0)") } }

    /// Runs `body` on one of the queues, in turn.
    func run<T: Sendable>(_ body: @escaping @Sendable () throws(RemoteError) -> T) async throws(RemoteError) -> T {
        let queue = queues[next.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max % queues.count]
        let result: Result<T, RemoteError> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(RemoteError) in try body() }) }
        }
        return try result.get()
    }
}

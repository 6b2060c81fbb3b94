/// A write closure that waits for its turn, its result of whatever type.
protocol PendingWrite: AnyObject, Sendable {
    /// Whether the last run threw.
    var hasFailed: Bool { get }
    /// Runs the closure as a nested transaction and keeps what it gave; again when the shared transaction was lost.
    func run(in transaction: Transaction)
    /// Answers the caller: with `failure`, or what the last run gave.
    func finish(_ failure: StorageError?)
}

final class PendingWriteOf<T: Sendable>: PendingWrite, @unchecked Sendable {
    // @unchecked: `outcome` is touched on the writer's queue only.
    private let body: @Sendable (Transaction) throws -> T
    private let continuation: CheckedContinuation<T, any Error>
    private var outcome: Result<T, any Error>?

    init(_ body: @escaping @Sendable (Transaction) throws -> T, continuation: CheckedContinuation<T, any Error>) {
        self.body = body
        self.continuation = continuation
    }

    var hasFailed: Bool {
        if case .failure = outcome { return true }
        return false
    }

    func run(in transaction: Transaction) {
        outcome = Result { try transaction.nested { try body(transaction) } }
    }

    func finish(_ failure: StorageError?) {
        // A closure's own error is more telling than that of a commit it had no part in.
        if let outcome, failure == nil || hasFailed {
            continuation.resume(with: outcome)
        } else {
            continuation.resume(throwing: failure ?? StorageError(.closed))
        }
    }
}

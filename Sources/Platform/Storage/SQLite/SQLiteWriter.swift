internal import Dispatch
internal import Synchronization

/// The one connection that writes, with group commit.
///
/// Closures that wait together run inside one BEGIN IMMEDIATE … COMMIT, each in a savepoint of its own, and are answered after the
/// commit is on the disk: one fsync for many.
final class SQLiteWriter: @unchecked Sendable {
    // @unchecked: `connection` is touched on `queue` only.
    private struct State {
        var waiting = FIFO<any PendingWrite>()
        var isDraining = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private static let groupLimit = 64
    private static let groupDuration: Duration = .milliseconds(10)

    private let queue = DispatchQueue(label: "sqlite writer")
    private let state = Mutex(State())
    private var connection: SQLiteConnection?
    private let waitingLimit: Int
    private let committed: @Sendable ([String]) -> Void

    init(connection: sending SQLiteConnection, waitingLimit: Int, committed: @escaping @Sendable ([String]) -> Void) {
        self.connection = connection
        self.waitingLimit = waitingLimit
        self.committed = committed
    }

    func submit(_ write: any PendingWrite) throws(StorageError) {
        let mustStart = try state.withLock { state throws(StorageError) -> Bool in
            if state.isClosed { throw StorageError(.closed) }
            guard state.waiting.count < waitingLimit else { throw StorageError(.busy) }
            state.waiting.append(write)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustStart { queue.async { self.drain() } }
    }

    /// Refuses new writes, waits for those submitted, and closes the connection.
    func close() async {
        await withCheckedContinuation { continuation in
            let mustStart = state.withLock { state in
                state.isClosed = true
                state.closers.append(continuation)
                defer { state.isDraining = true }
                return !state.isDraining
            }
            if mustStart { queue.async { self.drain() } }
        }
    }

    private func drain() {
        while true {
            let (isDone, closers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.waiting.isEmpty else { return (false, []) }
                state.isDraining = false
                defer { state.closers = [] }
                return (true, state.closers)
            }
            if isDone {
                if !closers.isEmpty { connection = nil }
                for closer in closers { closer.resume() }
                return
            }
            commitGroup()
        }
    }

    private func next() -> (any PendingWrite)? { state.withLock { $0.waiting.popFirst() } }

    // MARK: The group

    private func commitGroup() {
        guard let connection else { return answer(take(Self.groupLimit), with: StorageError(.closed)) }
        do throws(StorageError) {
            try begin(on: connection)
        } catch {
            return answer(take(Self.groupLimit), with: error)
        }
        let deadline = ContinuousClock.now + Self.groupDuration
        var group: [any PendingWrite] = []
        while group.count < Self.groupLimit, group.isEmpty || ContinuousClock.now < deadline, let write = next() {
            group.append(write)
            run(write, on: connection)
            if !connection.isInTransaction { return runOneByOne(group, on: connection) }
        }
        commit(group, on: connection)
    }

    private func take(_ limit: Int) -> [any PendingWrite] {
        var taken: [any PendingWrite] = []
        while taken.count < limit, let write = next() { taken.append(write) }
        return taken
    }

    private func begin(on connection: SQLiteConnection) throws(StorageError) {
        connection.scope = TransactionScope()
        try connection.control("BEGIN IMMEDIATE")
    }

    /// Runs one closure in its savepoint; what it throws undoes its own statements only.
    private func run(_ write: any PendingWrite, on connection: SQLiteConnection) {
        write.run(in: Transaction(on: connection))
    }

    private func commit(_ group: [any PendingWrite], on connection: SQLiteConnection) {
        do throws(StorageError) {
            try connection.control("COMMIT")
        } catch {
            rollBack(connection)
            committed([])
            // A deferred foreign key is checked here: it must fail its own closure only.
            if case .constraint = error.reason, group.count > 1 { return runOneByOne(group, on: connection) }
            return answer(group, with: error)
        }
        committed(connection.scope.bells)
        answer(group, with: nil)
    }

    /// The shared transaction was lost through one of them: each gets its own.
    private func runOneByOne(_ group: [any PendingWrite], on connection: SQLiteConnection) {
        rollBack(connection)
        for write in group {
            do throws(StorageError) {
                try begin(on: connection)
                run(write, on: connection)
                // When the transaction is gone again, `write` holds the error that ended it.
                if connection.isInTransaction { try connection.control("COMMIT") }
                committed(write.hasFailed ? [] : connection.scope.bells)
                answer([write], with: nil)
            } catch {
                rollBack(connection)
                committed([])
                answer([write], with: error)
            }
        }
    }

    private func rollBack(_ connection: SQLiteConnection) {
        // Fails only when the transaction is already gone, which is what is wanted.
        if connection.isInTransaction { try? connection.control("ROLLBACK") }
    }

    private func answer(_ group: [any PendingWrite], with failure: StorageError?) {
        for write in group { write.finish(failure) }
    }
}

internal import Synchronization

/// What a transaction's body found out, for whoever began the transaction; the last run of the body counts.
final class ResultBox<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    func set(_ value: Value) { state.withLock { $0 = value } }
}

internal import Synchronization

/// Whether the server is stopping: whoever holds an answer back gives it then.
package final class Drain: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isOn: Bool { flag.load(ordering: .relaxed) }
    package func begin() { flag.store(true, ordering: .relaxed) }
}

import Dispatch

/// Lets a transaction's closure, which blocks its own queue, wait for the test; once open, it stays open.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Waits at most 20 s.
    func wait() {
        _ = semaphore.wait(timeout: .now() + 20)
        semaphore.signal()
    }
}

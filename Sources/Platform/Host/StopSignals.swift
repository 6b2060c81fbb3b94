package import Dispatch
internal import Glibc
internal import Synchronization

/// Turns the signals that ask a server to stop into calls: the first one, whichever it is, and every further one.
///
/// While it lives the signals do nothing else; letting go of it, or ``restore()``, gives them their default effect back.
package final class StopSignals: Sendable {
    private let listener: SignalListener

    /// Begins to listen to SIGINT, SIGTERM, SIGHUP and the word of a ``TransientScope``.
    ///
    /// - Parameters:
    ///   - queue: Where the calls are made, one after the other.
    ///   - first: Called once.
    ///   - again: Called for every further signal.
    package init(
        queue: DispatchQueue = DispatchQueue(label: "slipway.stops"),
        first: @escaping @Sendable () -> Void,
        again: @escaping @Sendable () -> Void
    ) {
        let isFirst = Mutex(true)
        listener = SignalListener([SIGINT, SIGTERM, SIGHUP, TransientScope.signal], queue: queue) { _ in
            let mustDrain = isFirst.withLock { value in
                defer { value = false }
                return value
            }
            if mustDrain { first() } else { again() }
        }
    }

    /// Ends listening: the next signal has its default effect.
    package func restore() { listener.cancel() }
}

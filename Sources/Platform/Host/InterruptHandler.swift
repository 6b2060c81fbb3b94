package import Dispatch
internal import Glibc
internal import Synchronization

/// Turns the signals that ask the program to stop into calls: Ctrl-C and SIGTERM once, then again.
///
/// While it lives the signals do nothing else; letting go of it, or ``restore()``, gives them their default effect back.
package final class InterruptHandler: Sendable {
    private let listener: SignalListener

    /// Begins to listen to SIGINT, SIGTERM, SIGHUP and the word of a ``TransientScope``.
    ///
    /// - Parameters:
    ///   - queue: Where the calls are made, one after the other.
    ///   - first: Called once, for the first signal of any of them.
    ///   - again: Called for every further Ctrl-C; another that comes later says nothing new.
    ///   - hangUp: Called for SIGHUP, the terminal that was closed; without it SIGHUP counts as the others do.
    package init(
        queue: DispatchQueue = DispatchQueue(label: "slipway.interrupts"),
        first: @escaping @Sendable () -> Void,
        again: @escaping @Sendable () -> Void,
        hangUp: (@Sendable () -> Void)? = nil
    ) {
        let isFirst = Flag()
        listener = SignalListener([SIGINT, SIGTERM, SIGHUP, TransientScope.signal], queue: queue) { number in
            if number == SIGHUP, let hangUp {
                hangUp()
            } else if isFirst.take() {
                first()
            } else if number == SIGINT {
                again()
            }
        }
    }

    /// Ends listening: the next signal has its default effect.
    package func restore() { listener.cancel() }

    private final class Flag: Sendable {
        private let isSet = Mutex(true)

        func take() -> Bool {
            isSet.withLock { value in
                defer { value = false }
                return value
            }
        }
    }
}

package import Dispatch
internal import Glibc
internal import Synchronization

/// Turns the signals that ask the program to stop into calls: Ctrl-C and SIGTERM once, then again.
///
/// While it lives the signals do nothing else; letting go of it, or ``restore()``, gives them their default effect back.
package final class InterruptHandler: @unchecked Sendable {
    // @unchecked: set once, in init; dispatch sources may be cancelled from any thread.
    private let sources: [any DispatchSourceSignal]

    /// Begins to listen to SIGINT, SIGTERM and SIGHUP.
    ///
    /// - Parameters:
    ///   - queue: Where the calls are made, one after the other.
    ///   - first: Called once, for the first signal of any of the three.
    ///   - again: Called for every further Ctrl-C; a further SIGTERM or SIGHUP says nothing new.
    package init(
        queue: DispatchQueue = DispatchQueue(label: "slipway.interrupts"),
        first: @escaping @Sendable () -> Void,
        again: @escaping @Sendable () -> Void
    ) {
        let count = Counter()
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // A dispatch source only observes: the default effect has to be switched off by itself.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if count.next() == 1 {
                    first()
                } else if number == SIGINT {
                    again()
                }
            }
            source.activate()
            return source
        }
    }

    /// Ends listening: the next signal has its default effect.
    package func restore() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }

    deinit { restore() }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }
}

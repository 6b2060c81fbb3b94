package import Dispatch
internal import Glibc

/// Lets a program tidy the terminal up before Ctrl-Z stops it, and draw again when it goes on.
package final class SuspendHandler: @unchecked Sendable {
    // @unchecked: set once, in init; a dispatch source may be cancelled from any thread.
    private let source: any DispatchSourceSignal

    /// Begins to listen to SIGTSTP.
    ///
    /// - Parameters:
    ///   - queue: Where the calls are made, serially; nothing else runs on it while the program is stopped.
    ///   - suspend: Called before the program stops.
    ///   - resume: Called when it goes on.
    package init(queue: DispatchQueue, suspend: @escaping @Sendable () -> Void, resume: @escaping @Sendable () -> Void) {
        signal(SIGTSTP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGTSTP, queue: queue)
        source.setEventHandler {
            suspend()
            // SIGSTOP can't be caught. To this very thread: another one that took it would let this one run on for a moment, into `resume`.
            raise(SIGSTOP)
            resume()
        }
        source.activate()
    }

    deinit {
        source.cancel()
        signal(SIGTSTP, SIG_DFL)
    }
}

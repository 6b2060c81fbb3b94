package import Dispatch
internal import Glibc

/// Lets a program tidy the terminal up before Ctrl-Z stops it, and draw again when it goes on.
package final class SuspendHandler: Sendable {
    private let listener: SignalListener

    /// Begins to listen to SIGTSTP.
    ///
    /// - Parameters:
    ///   - queue: Where the calls are made, serially; nothing else runs on it while the program is stopped.
    ///   - suspend: Called before the program stops.
    ///   - resume: Called when it goes on.
    package init(queue: DispatchQueue, suspend: @escaping @Sendable () -> Void, resume: @escaping @Sendable () -> Void) {
        listener = SignalListener([SIGTSTP], queue: queue) { _ in
            suspend()
            // SIGSTOP can't be caught. To this very thread: another one that took it would let this one run on for a moment, into `resume`.
            raise(SIGSTOP)
            resume()
        }
    }
}

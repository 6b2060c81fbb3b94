internal import Glibc

/// The signal that a write to a closed connection raises, and that would end the program.
package enum BrokenPipe {
    /// Blocks SIGPIPE on the calling thread, for C libraries that write without `MSG_NOSIGNAL`: they get `EPIPE` and say so.
    ///
    /// The signal stays blocked; call it on threads of Dispatch's, which block it anyway as of today.
    package static func blockOnThisThread() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

internal import CLinux
internal import Glibc

/// A thread for one loop that runs as long as the server.
///
/// Dispatch lends threads for short work, from a pool that others can use up: a server must not wait for one.
enum LoopThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts the thread; it ends when `run` returns.
    ///
    /// - Parameters:
    ///   - name: At most 15 characters, for people who look at the process.
    ///   - run: The loop.
    static func start(_ name: String, _ run: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(run))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // Signals are for the threads that the program has for them.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = pthread_create(
            &thread,
            &attributes,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run() }
                return nil
            },
            work.toOpaque()
        )
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else { fatalError("no thread can be made for \(name): \(String(cString: strerror(code)))") }
        pthread_setname_np(thread, name)
    }
}

import Glibc

/// A thread of the system's, for what must look at a clock whatever Swift's own threads do.
enum Thread {
    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a thread of its own, before others where that is allowed (to root); nobody waits for its end.
    static func detach(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let failure = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                var priority = sched_param(sched_priority: 1)
                pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority)
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            box.toOpaque()
        )
        guard failure == 0 else {
            box.release()
            return
        }
        pthread_detach(thread)
    }
}

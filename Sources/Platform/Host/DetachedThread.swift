internal import CLinux
internal import Glibc

/// A thread that nobody waits for.
package enum DetachedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts one with a small stack: a default one of 8 MB of address space would be waste for a thread that only waits.
    ///
    /// - Parameters:
    ///   - stackByteCount: How deep it may go.
    ///   - body: What it does; it ends afterwards.
    /// - Returns: 0, or the error's number.
    package static func start(stackByteCount: Int = 256 * 1024, _ body: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackByteCount)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let failed = pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context
        )
        if failed != 0 { Unmanaged<Body>.fromOpaque(context).release() }
        return failed
    }
}

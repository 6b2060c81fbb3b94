internal import Dispatch
internal import Glibc
internal import Synchronization

/// Calls a function on a queue for each of some signals, instead of their default effect, as long as it lives.
///
/// A handler writes the signal's number to a pipe. (Dispatch's own signal sources miss signals on Linux unless the main thread blocks
/// them; and a handler, other than an ignored signal, isn't inherited by the programs that are started.)
///
/// - SeeAlso: signal-safety(7), <https://cr.yp.to/docs/selfpipe.html>
final class SignalListener: Sendable {
    private let key: Int

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - signals: SIGHUP is left alone when it was ignored at the start: nohup(1) asked for that.
    ///   - queue: Where `onSignal` is called.
    ///   - onSignal: Gets the signal's number.
    init(_ signals: [Int32], queue: DispatchQueue, onSignal: @escaping @Sendable (Int32) -> Void) {
        key = SignalPipe.shared.add(signals) { number in queue.async { onSignal(number) } }
    }

    /// Ends listening; the default effect is back once nobody listens any more.
    func cancel() { SignalPipe.shared.remove(key) }

    deinit { cancel() }
}

/// Where the signal handler writes; set before the first handler is installed.
private nonisolated(unsafe) var signalPipeEnd: Int32 = -1

/// The one pipe of the process, and who listens.
private final class SignalPipe: @unchecked Sendable {
    // @unchecked: the watch is set once, in init, and lives as long as the process.
    static let shared = SignalPipe()

    private struct Listener {
        let signals: [Int32]
        let call: @Sendable (Int32) -> Void
    }

    private let listeners = Mutex<(next: Int, all: [Int: Listener])>((0, [:]))
    private var watch: ReadWatch?

    private init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        signalPipeEnd = ends[1]
        let reading = ends[0]
        // Without one no signal is heard, and each has its default effect with the second try: nothing better can be done then.
        watch = try? ReadWatch(descriptor: reading, queue: DispatchQueue(label: "slipway.signals")) { [unowned self] in
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(reading, &bytes, bytes.count)
            guard count > 0 else { return }
            for byte in bytes[0..<count] { deliver(Int32(byte)) }
        }
    }

    func add(_ signals: [Int32], call: @escaping @Sendable (Int32) -> Void) -> Int {
        listeners.withLock { listeners in
            listeners.next += 1
            listeners.all[listeners.next] = Listener(signals: signals, call: call)
            for number in signals where number != SIGHUP || !Self.isIgnored(number) { Self.install(number) }
            return listeners.next
        }
    }

    func remove(_ key: Int) {
        listeners.withLock { listeners in
            guard let gone = listeners.all.removeValue(forKey: key) else { return }
            let wanted = listeners.all.values.flatMap(\.signals)
            for number in gone.signals where !wanted.contains(number) && !Self.isIgnored(number) { signal(number, SIG_DFL) }
        }
    }

    private func deliver(_ number: Int32) {
        let calls = listeners.withLock { $0.all.values.filter { $0.signals.contains(number) }.map(\.call) }
        for call in calls { call(number) }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        return sigaction(number, nil, &action) == 0 && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    private static func install(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            // Only what signal-safety(7) allows.
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(signalPipeEnd, &byte, 1)
            errno = saved
        }
        action.sa_flags = SA_RESTART
        _ = sigaction(number, &action, nil)
    }
}

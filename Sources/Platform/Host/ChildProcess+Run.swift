internal import Dispatch
internal import Glibc
internal import Synchronization

extension ChildProcess {
    /// What ``run(_:timeout:limit:endsWhenCancelled:)`` gives back.
    package struct Finished: Sendable {
        package let status: ExitStatus
        /// What it wrote, cut at the limit.
        package let output: [UInt8]
        package let errorOutput: [UInt8]
        /// The time was over, and it was killed.
        package let timedOut: Bool

        /// The output as text; invalid UTF-8 becomes �.
        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
    }

    /// Runs a short program to its end and collects what it writes.
    ///
    /// - Parameters:
    ///   - command: Its `output` and `errorOutput` are replaced.
    ///   - timeout: After that it is killed, with its session.
    ///   - limit: Bytes kept of each stream; the rest is read and dropped.
    ///   - endsWhenCancelled: It is killed, with its session, when the calling task is cancelled; else it runs to its end all the same.
    /// - Returns: How it ended, and what it wrote.
    /// - Throws: ``HostError`` when it can't be started.
    package static func run(
        _ command: Command,
        timeout: Duration = .seconds(60),
        limit: Int = 1 << 20,
        endsWhenCancelled: Bool = false
    ) async throws(HostError) -> Finished {
        let output = Collector(limit: limit)
        let errorOutput = Collector(limit: limit)
        var command = command
        command.output = .pieces { output.add($0) }
        command.errorOutput = .pieces { errorOutput.add($0) }
        let child = try start(command)
        let timer = DispatchSource.makeTimerSource()
        let group = command.newSession
        let expired = TimerFlag()
        timer.schedule(deadline: .now() + timeout.timeInterval)
        timer.setEventHandler { if child.signal(SIGKILL, group: group) { expired.raise() } }
        timer.activate()
        let status = await withTaskCancellationHandler {
            await child.wait()
        } onCancel: {
            if endsWhenCancelled { child.signal(SIGKILL, group: group) }
        }
        timer.cancel()
        child.finishReading()
        await output.ended()
        await errorOutput.ended()
        return Finished(
            status: status,
            output: output.bytes,
            errorOutput: errorOutput.bytes,
            timedOut: expired.isRaised
        )
    }
}

extension Duration {
    /// In seconds.
    package var timeInterval: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

private final class TimerFlag: Sendable {
    private let flag = Mutex(false)
    var isRaised: Bool { flag.withLock { $0 } }
    func raise() { flag.withLock { $0 = true } }
}

/// Collects pieces up to a limit, and knows when the stream ended.
private final class Collector: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { state.withLock { $0.bytes } }

    func add(_ piece: [UInt8]) {
        if piece.isEmpty { return end() }
        state.withLock { $0.bytes.append(contentsOf: piece.prefix(limit - $0.bytes.count)) }
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasEnded { state.waiter = continuation }
                return state.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }

    private func end() {
        let waiter = state.withLock { state in
            state.hasEnded = true
            return state.waiter
        }
        waiter?.resume()
    }
}

internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A program that was started and is waited for.
///
/// Each child has a thread of its own, which starts it and waits for it. That keeps waiting off Swift's shared pool, and makes
/// "die with parent" (prctl(2), `PR_SET_PDEATHSIG`) mean what it says: the kernel sends that signal when the *thread* that
/// started the child ends, and threads of a pool end when they idle.
package final class ChildProcess: Sendable {
    private struct State {
        var status: ExitStatus?
        var waiters: [CheckedContinuation<ExitStatus, Never>] = []
    }

    /// The process id; it names this child until ``wait()`` returned, not after.
    package let pid: Int32
    private let pipes: SpawnPipes
    private let state = Mutex(State())

    private init(pid: Int32, pipes: SpawnPipes) {
        self.pid = pid
        self.pipes = pipes
    }

    /// Starts a program.
    ///
    /// - Parameter command: What to start. Its descriptors other than 0, 1, 2 and ``Command/inherited`` are closed in the child, its
    ///   signals are as at a login.
    /// - Returns: The child, running.
    /// - Throws: ``HostError`` when the program is missing or can't be executed, the folder is missing, or an output file can't be made.
    package static func start(_ command: Command) throws(HostError) -> ChildProcess {
        let pipes = try SpawnPipes(command)
        let launch = Launch(command: command, pipes: pipes)
        launch.beginThread()
        launch.started.wait()
        pipes.closeChildEnds()
        do throws(HostError) {
            let child = try launch.result.withLock { $0 }.get()
            pipes.begin()
            return child
        } catch {
            pipes.abandon()
            throw error
        }
    }

    /// Waits for the end, without blocking a thread of the caller; any number of callers may wait, also after the end.
    package func wait() async -> ExitStatus {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state -> ExitStatus? in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    /// Ends the streams of an ended child, though a grandchild may hold the pipes open for ever.
    package func finishReading() { pipes.finish() }

    /// How it ended, or nil while it runs.
    package var status: ExitStatus? { state.withLock { $0.status } }

    /// Sends a signal, unless it has ended: a process id that the system gave to someone else is never hit.
    ///
    /// - Parameters:
    ///   - number: As in signal(7).
    ///   - group: Send to the whole process group; only for a child with a session of its own.
    /// - Returns: Whether it was sent.
    @discardableResult
    package func signal(_ number: Int32, group: Bool = false) -> Bool {
        // Only `reap` frees the id, under this lock.
        state.withLock { state in state.status == nil && kill(group ? -pid : pid, number) == 0 }
    }
}

extension ChildProcess {
    /// What a thread needs to start a child and wait for it.
    fileprivate final class Launch: Sendable {
        let command: Command
        let pipes: SpawnPipes
        let started = DispatchSemaphore(value: 0)
        let result: Mutex<Result<ChildProcess, HostError>>

        init(command: Command, pipes: SpawnPipes) {
            self.command = command
            self.pipes = pipes
            result = Mutex(.failure(HostError(errno: EAGAIN, doing: "start", path: command.executable)))
        }

        func beginThread() {
            let failed = DetachedThread.start { self.live() }
            guard failed != 0 else { return }
            result.withLock { $0 = .failure(HostError(errno: failed, doing: "start", path: command.executable)) }
            started.signal()
        }

        private func live() {
            let child: ChildProcess
            do throws(HostError) {
                // A thread's child has what the thread has, and this one has no other.
                if command.hasNoAbstractSockets { try AbstractSockets.closeToThread() }
                child = ChildProcess(pid: try Spawn.spawn(command, pipes), pipes: pipes)
            } catch {
                result.withLock { $0 = .failure(error) }
                started.signal()
                return
            }
            result.withLock { $0 = .success(child) }
            started.signal()
            child.reap()
        }
    }

    /// Blocks this thread until the child ended, then frees its id and tells everyone who waits.
    fileprivate func reap() {
        var information = siginfo_t()
        // WNOWAIT: the id stays taken until it is given up under the lock that `signal` takes.
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let (status, waiters) = state.withLock { state -> (ExitStatus, [CheckedContinuation<ExitStatus, Never>]) in
            var raw: Int32 = 0
            var usage = rusage()
            while wait4(pid, &raw, 0, &usage) < 0 && errno == EINTR {}
            let status = ExitStatus(raw: raw, usage: usage)
            state.status = status
            defer { state.waiters = [] }
            return (status, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }
}

extension ExitStatus {
    fileprivate init(raw: Int32, usage: rusage) {
        let end: End = slipway_exited(raw) != 0 ? .code(slipway_exit_code(raw)) : .signal(slipway_exit_signal(raw))
        let time =
            Duration.seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + .microseconds(Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec))
        // ru_maxrss counts KiB; getrusage(2).
        self.init(end: end, processorTime: time, peakResidentBytes: usage.ru_maxrss * 1024)
    }
}

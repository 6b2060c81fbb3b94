internal import Host
internal import Synchronization

/// Terraform at work in a workspace.
package final class TerraformRun: Sendable {
    package enum Activity: Sendable, Hashable {
        case computing
        /// For the cloud, or for a provisioner that sleeps.
        case waiting
    }

    private struct Orders {
        var wasStopped = false
        var isForced = false
        var killed: RunExit.KillCause?
        /// Process 1 of the sandbox: it ends last.
        var first: ProcessHandle?
    }

    package let command: TerraformCommand
    /// Every line, in order, masked; ends when Terraform has ended and all is read.
    ///
    /// One reader only; Terraform doesn't wait for it.
    package let lines: AsyncStream<TerraformLine>
    /// Whether it computes or waits for the cloud, said at each change; looked at once a second.
    package let activity: AsyncStream<Activity>

    /// The sandbox's process, or without one Terraform's own; for logs.
    package var processID: Int32 { child.pid }

    private let child: ChildProcess
    private let workspace: Workspace
    private let sandbox: Bubblewrap?
    private let group: RunGroup?
    private var isSandboxed: Bool { sandbox != nil }
    private let orders = Mutex(Orders())
    private let supervision = Mutex<Task<RunExit, Never>?>(nil)

    /// Starts the command in the workspace.
    init(
        _ command: TerraformCommand,
        in workspace: Workspace,
        child: ChildProcess.Command,
        sandbox: Bubblewrap?,
        group: RunGroup?,
        limits: RunLimits,
        room: Int,
        watchdog: RunWatchdog?,
        isInJSON: Bool,
        parser: EventParser
    ) throws(HostError) {
        let follower = try OutputFollower(workspace: workspace, parser: parser, isInJSON: isInJSON)
        let start = Self.outputNames.map { workspace.folder.facts($0)?.byteCount ?? 0 }
        let memoryKills = OutOfMemoryKills.count()
        self.command = command
        self.workspace = workspace
        self.sandbox = sandbox
        self.group = group
        self.child = try ChildProcess.start(child)
        let pid = self.child.pid
        lines = AsyncStream(unfolding: { await follower.next() }, onCancel: { follower.complete() })
        let (activity, activities) = AsyncStream<Activity>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.activity = activity
        // Ends when the child does; `wait` returns its value. It keeps this object, and so the child, until then.
        let task = Task { [self] in
            watchdog?.add(pid)
            defer { watchdog?.remove(pid) }
            let status = await supervise(activities, limits, room: room)
            follower.complete()
            let exit = judge(status, start: start, memoryKills: memoryKills)
            await group?.close()
            return exit
        }
        supervision.withLock { $0 = task }
    }

    /// Asks Terraform to stop: once, however often it is called; after the grace it is killed.
    ///
    /// - Parameter grace: How long it may take to finish what is in flight.
    package func stop(grace: Duration = .seconds(90)) {
        // Terraform takes a second SIGINT as leave to drop everything: it can hang, and unlocks while it still writes.
        let isFirst = orders.withLock { orders in
            defer { orders.wasStopped = true }
            return !orders.wasStopped
        }
        guard isFirst else { return }
        // Ends with the child, at the latest when the grace is over.
        Task {
            while child.status == nil, !interrupt() { try? await Task.sleep(for: .milliseconds(10)) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Cancelled when Terraform has ended in time.
                    if (try? await Task.sleep(for: grace)) != nil { self.kill(.graceOver) }
                }
                _ = await child.wait()
                group.cancelAll()
            }
        }
    }

    /// Kills it with everything it started.
    package func kill() { kill(.forced) }

    /// Waits until nothing of it runs any more; any number of callers.
    ///
    /// - Returns: How it ended.
    package func wait() async -> RunExit {
        guard let task = supervision.withLock({ $0 }) else { return RunExit(end: .killed(.forced)) }
        return await task.value
    }

    // MARK: - Signals

    private func kill(_ cause: RunExit.KillCause) {
        guard child.status == nil else { return }
        let first = orders.withLock { orders in
            if orders.killed == nil { orders.killed = cause }
            return orders.first
        }
        if isSandboxed {
            // Process 1 takes everything with it, and bwrap ends after it: when the child is gone, all is.
            if let first = first ?? firstProcess() { first.signal(Self.killSignal) } else { child.signal(Self.killSignal) }
        } else {
            let tree = ProcessTable.tree(child.pid).compactMap { ProcessHandle($0) }
            for process in tree { process.signal(Self.killSignal) }
            child.signal(Self.killSignal, group: true)
        }
        group?.kill()
    }

    /// Sends SIGINT to Terraform itself; false when it isn't there yet.
    private func interrupt() -> Bool {
        guard let sandbox else { return child.signal(Self.interruptSignal) }
        guard let first = orders.withLock({ $0.first }) ?? firstProcess() else { return false }
        // The oldest child of process 1: orphans it has adopted since are younger.
        let pid = sandbox.isFirstProcessTerraform ? first.pid : ProcessTable.children(first.pid).first
        // Process 1 of a namespace doesn't hear a signal that it has no handler for, and until Terraform is there nothing has one.
        guard let pid, ProcessTable.handles(Self.interruptSignal, pid) else { return false }
        return ProcessHandle(pid)?.signal(Self.interruptSignal) ?? false
    }

    private func firstProcess() -> ProcessHandle? {
        guard let pid = ProcessTable.children(child.pid).first, let handle = ProcessHandle(pid) else { return nil }
        orders.withLock { $0.first = handle }
        return handle
    }

    private static let interruptSignal: Int32 = 2
    private static let killSignal: Int32 = 9

    // MARK: - Supervision

    private func supervise(_ activities: AsyncStream<Activity>.Continuation, _ limits: RunLimits, room: Int) async -> ExitStatus {
        defer { activities.finish() }
        let status = await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchActivity(activities) }
            group.addTask { await self.watchLimits(limits, room: room) }
            let status = await child.wait()
            group.cancelAll()
            return status
        }
        if isSandboxed {
            // When bwrap itself was killed from outside, what it held ends a moment later.
            if let first = orders.withLock({ $0.first }) { _ = await first.waitForEnd(limit: .seconds(10)) }
        } else if orders.withLock({ $0.killed != nil || $0.wasStopped }) {
            // Terraform kills a provisioner's shell, not what that has started.
            Survivors.kill(mentioning: workspace.path)
        }
        return status
    }

    /// Kills it when it takes more than it may.
    private func watchLimits(_ limits: RunLimits, room: Int) async {
        var watch = LimitWatch(limits, room: room, workspace: workspace, pid: child.pid, isSandboxed: isSandboxed)
        // Cancelled when the child has ended.
        while (try? await Task.sleep(for: LimitWatch.interval)) != nil {
            if let excess = watch.excess() { return kill(.exceeded(excess)) }
        }
    }

    /// Compares the processor time of all its processes once a second.
    private func watchActivity(_ activities: AsyncStream<Activity>.Continuation) async {
        var before = Duration.zero
        var last: Activity?
        // Cancelled when the child has ended.
        while (try? await Task.sleep(for: .seconds(last == nil ? 0.1 : 1))) != nil {
            if isSandboxed, orders.withLock({ $0.first == nil }) { _ = firstProcess() }
            let now = ProcessTable.tree(child.pid).compactMap(ProcessTable.processorTime).reduce(.zero, +)
            // A fifth of a core: what a provider needs to poll is far less, a plan is far more.
            let activity: Activity = last == nil || now - before > .milliseconds(200) ? .computing : .waiting
            before = now
            if activity != last { activities.yield(activity) }
            last = activity
        }
    }

    private static let outputNames = [Workspace.outputName, Workspace.errorName]

    /// All that this run wrote, as far as it counts; what can't be read any more tells nothing.
    private func output(from start: [Int]) -> [UInt8] {
        zip(Self.outputNames, start).flatMap { name, start in
            (try? workspace.folder.file(name)?.read(from: start, limit: 16 << 20)) ?? []
        }
    }

    private func judge(_ status: ExitStatus, start: [Int], memoryKills: Int) -> RunExit {
        let orders = orders.withLock { $0 }
        var evidence = RunEvidence(status: status.end, wasStopped: orders.wasStopped, killed: orders.killed)
        var needsInitialization = false
        if !status.isSuccess {
            if evidence.killed == nil { evidence.killed = (group?.excess).map { .exceeded($0) } }
            let findings = OutputFindings(output(from: start))
            // This process's own group isn't the run's.
            evidence.memoryKills = OutOfMemoryKills.count() - memoryKills + (group?.memoryKills ?? 0)
            evidence.providerDied = findings.providerDied
            needsInitialization = !orders.wasStopped && orders.killed == nil && findings.needsInitialization
            if command == .initialize {
                // Without the lock kept from an earlier run it may do, and then comes the second try.
                needsInitialization = findings.outgrewLock && workspace.keptLock != nil
                if needsInitialization { workspace.keptLock = nil }
            }
        }
        return RunExit(
            end: evidence.end,
            processorTime: status.processorTime,
            peakResidentBytes: status.peakResidentBytes,
            needsInitialization: needsInitialization
        )
    }
}

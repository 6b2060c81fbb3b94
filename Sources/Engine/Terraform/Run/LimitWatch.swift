internal import Host

/// Looks at what a run takes, where the kernel doesn't count it for all of its processes together.
struct LimitWatch: Sendable {
    private let limits: RunLimits
    private let workspace: Workspace
    /// The sandbox's process, or without one Terraform's own.
    private let pid: Int32
    /// What it was promised itself, in bytes.
    private let room: Int
    private var nextCount = ContinuousClock.now
    /// To all runs, in bytes, as it was at the last look.
    private var promised = 0

    init(_ limits: RunLimits, room: Int, workspace: Workspace, pid: Int32) {
        self.limits = limits
        self.room = room
        self.workspace = workspace
        self.pid = pid
    }

    /// How often to look: what writes as fast as memory takes it must not fill it meanwhile.
    static let interval = Duration.milliseconds(100)

    /// What is exceeded now; nil for nothing.
    mutating func excess() -> RunLimits.Excess? {
        if let excess = ofOutput() ?? ofDisk() { return excess }
        return ofProcesses()
    }

    // MARK: - Details

    private func ofOutput() -> RunLimits.Excess? {
        let written = [Workspace.outputName, Workspace.errorName].reduce(0) { $0 + (workspace.folder.facts($1)?.byteCount ?? 0) }
        return written > limits.log ? RunLimits.Excess(.log, limit: limits.log, peak: written) : nil
    }

    private mutating func ofDisk() -> RunLimits.Excess? {
        guard let storage = try? FolderStorage(of: workspace.path) else { return nil }
        let now = ContinuousClock.now
        let isDue = now >= nextCount
        if isDue { promised = RoomClaim.promised(in: workspace.root) }
        // The little that is left is what the others were promised.
        let kept = max(RunLimits.reserved, promised)
        // Counting every file takes its time: often only where room is short.
        guard storage.freeBytes < kept + RunLimits.reserved || isDue else { return nil }
        let used = workspace.inside.usedBytes(atMost: limits.disk)
        // Many files take long to count: a twentieth of the time is for it at most.
        nextCount = ContinuousClock.now + max(.seconds(1), now.duration(to: .now) * 20)
        if used > limits.disk { return RunLimits.Excess(.disk, limit: limits.disk, peak: used) }
        let own = max(RunLimits.reserved, room)
        return storage.freeBytes < kept && used > own ? RunLimits.Excess(.disk, limit: own, peak: used, isForOthers: true) : nil
    }

    private func ofProcesses() -> RunLimits.Excess? {
        let tree = ProcessTable.tree(pid, atMost: limits.processes)
        let usage = tree.map(ProcessTable.usage)
        let threads = usage.reduce(0) { $0 + $1.threads }
        if threads > limits.processes { return RunLimits.Excess(.processes, limit: limits.processes, peak: threads) }
        let memory = usage.reduce(0) { $0 + $1.privateBytes }
        return memory > limits.memory ? RunLimits.Excess(.memory, limit: limits.memory, peak: memory) : nil
    }
}

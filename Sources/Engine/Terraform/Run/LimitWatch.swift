internal import Host

/// Looks at what a run takes, where the kernel doesn't count it for all of its processes together.
struct LimitWatch: Sendable {
    private let limits: RunLimits
    private let workspace: Workspace
    /// The sandbox's process, or without one Terraform's own.
    private let pid: Int32
    /// What it was promised itself, in bytes.
    private let room: Int
    /// Without a sandbox its folders of memory are everybody's.
    private let isSandboxed: Bool
    private var nextCount = ContinuousClock.now
    /// Of the workspace's storage, in bytes: open files without a name, as they were at the last count.
    private var nameless = 0
    /// Of the machine, in bytes: files in memory, as they were at the last count.
    private var memory = 0
    /// To all runs, in bytes, as it was at the last look.
    private var promised = 0

    init(_ limits: RunLimits, room: Int, workspace: Workspace, pid: Int32, isSandboxed: Bool) {
        self.isSandboxed = isSandboxed
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
        defer { nextCount = ContinuousClock.now + max(.seconds(1), now.duration(to: .now) * 20) }
        countNameless(on: storage.device)
        // Many files take long to count: a twentieth of the time is for it at most.
        let used = workspace.inside.usedBytes(atMost: limits.disk).addingReportingOverflow(nameless)
        let bytes = used.overflow ? Int.max : used.partialValue
        if bytes > limits.disk { return RunLimits.Excess(.disk, limit: limits.disk, peak: bytes) }
        let own = max(RoomClaim.least, room)
        if storage.freeBytes < kept, bytes > own { return RunLimits.Excess(.disk, limit: own, peak: bytes, isForOthers: true) }
        return ofDownloads()
    }

    /// What `init` brings in lies beside the provider store, and counts by itself: providers are larger than anything else of a run.
    private func ofDownloads() -> RunLimits.Excess? {
        guard let downloads = workspace.downloads else { return nil }
        let most = max(limits.disk, Self.downloads)
        let used = downloads.folder.usedBytes(atMost: most)
        if used > most { return RunLimits.Excess(.disk, limit: most, peak: used) }
        // The database may lie there, too.
        guard used > RunLimits.reserved, let storage = try? FolderStorage(of: downloads.path), storage.freeBytes < RunLimits.reserved
        else { return nil }
        return RunLimits.Excess(.disk, limit: RunLimits.reserved, peak: used, isForOthers: true)
    }

    /// The largest provider has 700 MB, and a configuration has a few.
    private static let downloads = 2 << 30

    /// Looks for what has no name: on the workspace's storage it takes its room, elsewhere in the sandbox it is memory.
    private mutating func countNameless(on device: UInt64) {
        let pids = ProcessTable.tree(pid, atMost: limits.processes)
        let found = ProcessTable.namelessBytes(of: pids)
        nameless = found[device] ?? 0
        memory = found.filter { $0.key != device && !Self.isOfFolder($0.key, pids) }.reduce(0) { sum, file in
            let (total, overflow) = sum.addingReportingOverflow(file.value)
            return overflow ? .max : total
        }
        for folder in Sandbox.Layout.memoryFolders {
            let (total, overflow) = memory.addingReportingOverflow(ProcessTable.usedBytes(ofMemoryAt: folder, seenBy: pids))
            memory = overflow ? .max : total
        }
    }

    /// What lies in the sandbox's own folders of memory is counted with them, named or not.
    private static func isOfFolder(_ device: UInt64, _ pids: [Int32]) -> Bool {
        Sandbox.Layout.memoryFolders.contains { folder in
            pids.contains { (try? FolderStorage(of: "/proc/\($0)/root\(folder)"))?.device == device }
        }
    }

    private func ofProcesses() -> RunLimits.Excess? {
        let tree = ProcessTable.tree(pid, atMost: limits.processes)
        let usage = tree.map(ProcessTable.usage)
        let threads = usage.reduce(0) { $0 + $1.threads }
        if threads > limits.processes { return RunLimits.Excess(.processes, limit: limits.processes, peak: threads) }
        let (total, overflow) = usage.reduce(0) { $0 + $1.privateBytes }.addingReportingOverflow(isSandboxed ? memory : 0)
        return overflow || total > limits.memory ? RunLimits.Excess(.memory, limit: limits.memory, peak: overflow ? .max : total) : nil
    }
}

internal import Host
internal import Synchronization

/// Control groups, one for each command of a run: the kernel itself keeps its processes to what they may take.
///
/// They are made where this process's user was given a group to divide: by systemd with `Delegate=yes`, in a scope that the user's manager is asked
/// for, or in a folder that the operator names. Without one a ``LimitWatch`` looks after the limits alone.
package struct RunGroups: Sendable, Hashable {
    /// In which they are made; has no process of its own.
    let root: ControlGroup
    /// What the kernel limits there.
    let controllers: Set<ControlGroup.Controller>

    /// What is in force, or why nothing is; for people.
    package struct Finding: Sendable {
        package let groups: RunGroups?
        package let sentence: String
    }

    /// Finds or asks for a group, moves this process into a part of it, and tries whether a program can be started in another.
    ///
    /// - Parameter environment: `SLIPWAY_CGROUP` names the folder, or says `off`; `PATH`, and where the user's manager listens.
    /// - Returns: What runs are kept in from now on.
    package static func establish(environment: [String: String]) async -> Finding {
        let root: ControlGroup
        switch environment["SLIPWAY_CGROUP"] ?? "" {
        case "off": return Finding(groups: nil, sentence: "looked at ten times a second: control groups are switched off")
        case "":
            guard let found = await delegated(environment) else {
                return Finding(groups: nil, sentence: "looked at ten times a second: no control group was delegated to this process")
            }
            root = found
        case let path: root = ControlGroup(path: path)
        }
        do throws(HostError) {
            let groups = try await RunGroups(settling: root)
            let names = groups.controllers.map(\.rawValue).sorted().joined(separator: ", ")
            return Finding(groups: groups, sentence: "held by the kernel in a control group for each run (\(names))")
        } catch {
            return Finding(groups: nil, sentence: "looked at ten times a second: the control group can't be used (\(error))")
        }
    }

    /// - Throws: ``HostError`` when nothing can be limited in it.
    private init(settling root: ControlGroup) async throws(HostError) {
        self.root = root
        try Self.clear(root)
        Self.sweep(root)
        var enabled: Set<ControlGroup.Controller> = []
        var fault: HostError?
        for controller in ControlGroup.Controller.allCases where root.controllers.contains(controller) {
            do throws(HostError) {
                try root.enable(controller)
                enabled.insert(controller)
            } catch {
                fault = error
            }
        }
        controllers = enabled
        guard !enabled.isEmpty else {
            throw fault ?? HostError(errno: 95, doing: "limit anything in", path: root.path)
        }
        // Whatever runs compute, whoever asks the server is answered. Weights are relative, and 100 is everyone else's.
        if enabled.contains(.cpu) { try? root.group(Self.ownName).set("cpu.weight", "1000") }
        let trial = try RunGroup(in: self, limits: RunLimits(), filesAreMemory: false)
        let answer = try await ChildProcess.run(trial.entered(by: .init("/bin/true")), timeout: .seconds(10))
        await trial.close()
        guard answer.status.isSuccess else { throw HostError(errno: 1, doing: "start a program in", path: root.path) }
    }

    /// Makes one for a command that begins.
    ///
    /// - Parameters:
    ///   - limits: What it may take.
    ///   - filesAreMemory: Its workspace lies in memory, and is counted as such.
    /// - Returns: The group, to be closed by the caller.
    /// - Throws: ``HostError``
    func make(_ limits: RunLimits, filesAreMemory: Bool) throws(HostError) -> RunGroup {
        try RunGroup(in: self, limits: limits, filesAreMemory: filesAreMemory)
    }

    // MARK: - Where

    private static let ownName = "server"
    private static let prefix = "run-"

    private static func delegated(_ environment: [String: String]) async -> ControlGroup? {
        guard let own = ControlGroup.own else { return nil }
        if own.isDelegated { return own }
        // Another process of the same service has divided it already.
        if own.name == ownName, let parent = own.parent, parent.isDelegated { return parent }
        // What a service manager started as a service is to stay where that looks for it.
        guard !own.name.hasSuffix(".service"), own.name != ownName else { return nil }
        guard await TransientScope.enter(environment: environment), let own = ControlGroup.own, own.isDelegated else { return nil }
        return own
    }

    /// A group with processes can't be divided: moves them into a part of it.
    private static func clear(_ root: ControlGroup) throws(HostError) {
        var processes = root.processes
        guard !processes.isEmpty else { return }
        let own = root.names.contains(ownName) ? root.group(ownName) : try root.make(ownName)
        // They may start others meanwhile.
        for _ in 0..<100 where !processes.isEmpty {
            // One that has ended needn't be moved.
            for process in processes { try? own.add(process) }
            processes = root.processes
        }
    }

    /// Removes what processes that are gone have left, with what still runs in it.
    private static func sweep(_ root: ControlGroup) {
        for name in root.names where name.hasPrefix(prefix) {
            let parts = name.dropFirst(prefix.count).split(separator: "-")
            guard let pid = parts.first.flatMap({ Int32($0) }), ProcessHandle(pid) == nil else { continue }
            root.group(name).kill()
            // One whose processes haven't ended yet is removed the next time.
            try? root.group(name).remove()
        }
    }

    fileprivate static func nextName() -> String {
        "\(prefix)\(CurrentProcess.id)-\(counter.add(1, ordering: .relaxed).newValue)"
    }

    private static let counter = Atomic(0)
}

/// The control group of one command of a run.
struct RunGroup: Sendable {
    private let group: ControlGroup
    private let limits: RunLimits

    fileprivate init(in groups: RunGroups, limits: RunLimits, filesAreMemory: Bool) throws(HostError) {
        self.limits = limits
        group = try groups.root.make(RunGroups.nextName())
        do throws(HostError) {
            if groups.controllers.contains(.memory) {
                try group.set("memory.max", "\(limits.memory + (filesAreMemory ? limits.disk : 0))")
                // Kernels without swap have no such file.
                try? group.set("memory.swap.max", "0")
                // Half a run is of no use to anybody.
                try group.set("memory.oom.group", "1")
            }
            if groups.controllers.contains(.pids) { try group.set("pids.max", "\(limits.processes + Self.margin)") }
            if let processors = limits.processors, groups.controllers.contains(.cpu) {
                let share = Int(exactly: (processors * Double(Self.period)).rounded()) ?? Self.period
                try group.set("cpu.max", "\(max(1000, share)) \(Self.period)")
            }
        } catch {
            try? group.remove()
            throw error
        }
    }

    /// The kernel only refuses more; that it is too many the watch sees and says, which needs room for it.
    private static let margin = 64
    /// In microseconds.
    private static let period = 100_000

    /// The command, which begins in the group.
    func entered(by command: ChildProcess.Command) -> ChildProcess.Command {
        var command = command
        // A process that is moved after its start may have started others.
        command.arguments = ["-c", #"echo 0 >"$0" && exec "$@""#, "\(group.path)/cgroup.procs", command.executable] + command.arguments
        command.executable = "/bin/sh"
        return command
    }

    /// How often the kernel has killed one of its processes for want of memory, be it its own limit's, the service's or the machine's.
    var memoryKills: Int { group.count("oom_kill", in: "memory.events") ?? 0 }

    /// The kernel has killed it for its own limit of memory; nil when it has not.
    var excess: RunLimits.Excess? {
        guard memoryKills > 0, group.count("oom", in: "memory.events") ?? 0 > 0 else { return nil }
        let most = group.number("memory.max") ?? limits.memory
        return RunLimits.Excess(.memory, limit: limits.memory, peak: group.number("memory.peak") ?? most)
    }

    /// Kills all that is in it.
    func kill() { group.kill() }

    /// Removes it, in which nothing was started.
    func abandon() {
        // What can't be removed the next start removes.
        try? group.remove()
    }

    /// Ends what may be left, and removes it.
    func close() async {
        for _ in 0..<100 {
            if group.isPopulated { group.kill() }
            if (try? group.remove()) != nil { return }
            try? await Task.sleep(for: .milliseconds(10))  // cancelled: the next start removes it
        }
    }
}

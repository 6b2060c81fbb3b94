internal import Host

/// Ends what a dead worker's run left behind.
///
/// With the sandbox everything dies with the worker; without it, or when the worker died in the very moment of starting, something may
/// go on writing the state that is about to be adopted.
enum Survivors {
    private static let killSignal: Int32 = 9

    /// Kills every process that was started for this workspace, and waits until it is gone.
    ///
    /// - Parameter path: The workspace's.
    /// - Returns: Whether nothing of it is left.
    @discardableResult
    static func kill(mentioning path: String) -> Bool {
        // A second look finds what was just being started.
        for _ in 0..<10 {
            // With a sandbox's process 1, its parent's only child, goes everything in there, and only after that itself.
            let found = ProcessTable.all().filter { isOf(path, $0) }
            let processes = (found.flatMap(ProcessTable.children) + found).compactMap { ProcessHandle($0) }
            guard !processes.isEmpty else { return true }
            for process in processes { process.signal(killSignal) }
            for process in processes { process.waitBriefly() }
        }
        return false
    }

    /// The path holds 122 random bits: who names it in these places was started for it.
    private static func isOf(_ path: String, _ pid: Int32) -> Bool {
        if ProcessTable.environment(pid).contains("SLIPWAY_WORKSPACE=\(path)/inside") { return true }
        // A Terraform that outlived bubblewrap, which had not yet tied it to itself: its program can't be read, and so neither can its environment.
        // Its mounts can, and name the workspace as the storage's own path.
        if let name = path.split(separator: "/").last, ProcessTable.mounts(pid).contains("/\(name)/inside ") { return true }
        guard let name = ProcessTable.name(pid), ["bwrap", "nsenter", "setpriv", "terraform", "tofu"].contains(name) else { return false }
        return ProcessTable.arguments(pid).contains { $0.hasPrefix(path) }
    }
}

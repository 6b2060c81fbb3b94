/// How often the kernel has killed for want of memory, as far as this process can see.
package enum OutOfMemoryKills {
    /// The count in this process's memory cgroup (version 2 or 1), else of the whole machine since it started.
    ///
    /// - SeeAlso: <https://docs.kernel.org/admin-guide/cgroup-v2.html> (`memory.events`)
    package static func count() -> Int {
        for file in files { if let count = count("oom_kill", in: file) { return count } }
        return 0
    }

    private static var files: [String] {
        var files: [String] = []
        for line in lines(of: "/proc/self/cgroup") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if parts[1].isEmpty {
                files.append("/sys/fs/cgroup\(path)/memory.events")
            } else if parts[1].split(separator: ",").contains("memory") {
                // In a container the mount shows its own group as the root.
                files += ["/sys/fs/cgroup/memory\(path)/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"]
            }
        }
        return files + ["/sys/fs/cgroup/memory.events", "/proc/vmstat"]
    }

    private static func count(_ name: String, in file: String) -> Int? {
        for line in lines(of: file) where line.hasPrefix(name + " ") { return Int(line.dropFirst(name.count + 1)) }
        return nil
    }

    private static func lines(of file: String) -> [Substring] {
        // A kernel without this file doesn't count.
        guard let bytes = try? FileSystem.read(file, limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}

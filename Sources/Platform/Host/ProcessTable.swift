internal import Glibc

/// The processes of this machine, as `/proc` shows them.
///
/// - SeeAlso: proc(5)
package enum ProcessTable {
    /// The ids of all processes.
    package static func all() -> [Int32] {
        // A machine without /proc shows none.
        ((try? FileSystem.names(in: "/proc")) ?? []).compactMap { Int32($0) }
    }

    /// The name of the program, at most 15 bytes of it.
    package static func name(_ pid: Int32) -> String? {
        text("comm", pid).map { String($0.prefix { $0 != "\n" }) }
    }

    /// The arguments, with the program's own first.
    package static func arguments(_ pid: Int32) -> [String] { list("cmdline", pid) }

    /// The environment it was started with, as `NAME=value`; empty when this user may not see it.
    package static func environment(_ pid: Int32) -> [String] { list("environ", pid) }

    /// What is mounted for it, as `mountinfo` shows it: a line each, with the path in the file system and the place.
    package static func mounts(_ pid: Int32) -> String { text("mountinfo", pid) ?? "" }

    /// The processes that it started and that still run, oldest first.
    package static func children(_ pid: Int32) -> [Int32] {
        if let text = text("task/\(pid)/children", pid), !text.isEmpty { return text.split(separator: " ").compactMap { Int32($0) } }
        // Threads other than the first start processes too, and some kernels have no `children` file.
        var result: [Int32] = []
        for thread in (try? FileSystem.names(in: "/proc/\(pid)/task")) ?? [] {
            guard let text = text("task/\(thread)/children", pid) else { return all().filter { parent($0) == pid }.sorted() }
            result += text.split(separator: " ").compactMap { Int32($0) }
        }
        return result.sorted()
    }

    /// What a process takes: its threads, and the memory that it shares with no file, in bytes; nothing when it is gone.
    package static func usage(_ pid: Int32) -> (threads: Int, privateBytes: Int) {
        var (threads, memory) = (0, 0)
        for line in (text("status", pid) ?? "").split(separator: "\n") {
            let parts = line.split { $0 == "\t" || $0 == " " }
            guard parts.count > 1, let number = Int(parts[1]) else { continue }
            // RssShmem: what it has mapped of memory that processes share, `/dev/shm` for one.
            if parts[0] == "Threads:" { threads = number } else if ["RssAnon:", "RssShmem:"].contains(parts[0]) { memory += number * 1024 }
        }
        return (threads, memory)
    }

    /// The processors that this process may use, by number.
    package static var processors: [Int] {
        for line in (text("status", getpid()) ?? "").split(separator: "\n") where line.hasPrefix("Cpus_allowed_list:") {
            return line.dropFirst("Cpus_allowed_list:".count).split { $0 == "," || $0 == "\t" || $0 == " " }.flatMap { range in
                let ends = range.split(separator: "-").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last, first <= last else { return [Int]() }
                return Array(first...last)
            }
        }
        return []
    }

    /// It and everything below it.
    ///
    /// - Parameters:
    ///   - pid: Where to begin.
    ///   - limit: So many are enough: whoever starts processes all the time would keep us looking.
    /// - Returns: Process ids, itself first.
    package static func tree(_ pid: Int32, atMost limit: Int = .max) -> [Int32] {
        var result: [Int32] = []
        var open = [pid]
        while result.count <= limit, let next = open.popLast() {
            result.append(next)
            open += allChildren(next)
        }
        return result
    }

    /// Processor time it has used, without its children; nil when it is gone.
    package static func processorTime(_ pid: Int32) -> Duration? {
        guard let fields = statistics(pid), fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else {
            return nil
        }
        return .milliseconds((user + system) * 1000 / max(1, Int64(sysconf(Int32(_SC_CLK_TCK)))))
    }

    /// Whether it has a handler for a signal, from 1 to 64.
    package static func handles(_ signal: Int32, _ pid: Int32) -> Bool {
        guard let line = (text("status", pid) ?? "").split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let mask = UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16)
        else { return false }
        return mask >> UInt64(signal - 1) & 1 == 1
    }

    /// The process that started this one; another one's id once that has ended.
    package static var parentOfThis: Int32 { getppid() }

    /// Whether a process was started by another, directly.
    package static func isChild(_ pid: Int32, of other: Int32) -> Bool { parent(pid) == other }

    package static func parent(_ pid: Int32) -> Int32? {
        guard let fields = statistics(pid), fields.count > 1 else { return nil }
        return Int32(fields[1])
    }

    // MARK: - Details

    private static func allChildren(_ pid: Int32) -> [Int32] {
        var result: [Int32] = []
        for thread in (try? FileSystem.names(in: "/proc/\(pid)/task")) ?? [] {
            result += (text("task/\(thread)/children", pid) ?? "").split(separator: " ").compactMap { Int32($0) }
        }
        return result
    }

    /// The fields of `stat` behind the name, which may itself hold blanks and brackets: state first, then the parent.
    private static func statistics(_ pid: Int32) -> [Substring]? {
        guard let text = text("stat", pid), let end = text.lastIndex(of: ")") else { return nil }
        return text[end...].dropFirst(2).split(separator: " ")
    }

    private static func text(_ file: String, _ pid: Int32) -> String? {
        // A process that is gone has no files.
        (try? FileSystem.read("/proc/\(pid)/\(file)", limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func list(_ file: String, _ pid: Int32) -> [String] {
        for _ in 0..<looks {
            let isBeginning = self.isBeginning(pid)
            let items = (text(file, pid) ?? "").split(separator: "\0").map(String.init)
            if !items.isEmpty || !isBeginning { return items }
            usleep(lookInterval)
        }
        return []
    }

    /// How often, and how many microseconds apart, a process in its execve(2) is looked at.
    ///
    /// It takes microseconds there, unless the machine is out of breath.
    private static let looks = 1000
    private static let lookInterval: UInt32 = 1000

    /// Whether it is in its execve(2).
    ///
    /// Whoever started it goes on as soon as the new memory is there, and only then come the arguments and the environment (`env_end`, field 51
    /// of `stat`). A kernel's thread and a zombie have no memory, and so no `exe`.
    private static func isBeginning(_ pid: Int32) -> Bool {
        guard let fields = statistics(pid), fields.count > 48, fields[48] == "0" else { return false }
        return (try? FileSystem.linkTarget("/proc/\(pid)/exe")) != nil
    }
}

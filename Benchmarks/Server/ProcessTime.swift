import Glibc
import Host

/// What a process has used of the processors: steadier than a rate where others are at work.
enum ProcessTime {
    /// Of all its threads, in programs and in the kernel; /proc/PID/stat, proc(5).
    static func seconds(of pid: Int32) throws -> Double {
        let text = String(decoding: try FileSystem.read("/proc/\(pid)/stat"), as: UTF8.self)
        // A name may hold blanks and brackets: what follows the last bracket begins with the third field.
        let words = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard words.count > 12, let user = Double(words[11]), let system = Double(words[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

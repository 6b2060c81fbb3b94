internal import FoundationEssentials
internal import Glibc

/// Names a process so that another one on the same machine can tell for certain that it has ended.
///
/// The incarnation is `boot id / process namespace / process number / start in clock ticks since boot`: the number alone is handed out
/// again, and containers of one machine have numbers of their own.
package struct ProcessIdentity: Sendable, Equatable {
    package let host: String
    package let pid: Int
    /// Nil where `/proc` doesn't say enough.
    package let incarnation: String?

    /// This process.
    package static let current: ProcessIdentity = {
        let pid = Int(getpid())
        var name = utsname()
        uname(&name)
        let host = withUnsafeBytes(of: name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let incarnation: String? =
            if let machine = machine(), let ticks = startTicks(of: pid) { "\(machine)/\(pid)/\(ticks)" } else { nil }
        return ProcessIdentity(host: host, pid: pid, incarnation: incarnation)
    }()

    /// What the incarnations of all processes that this one can look for begin with.
    package static func machinePrefix(of incarnation: String?) -> String? {
        guard let parts = incarnation?.split(separator: "/"), parts.count == 4 else { return nil }
        return parts[0] + "/" + parts[1] + "/"
    }

    /// Whether the process has ended for certain; false for one of another boot or namespace, and whenever there is doubt.
    package static func isGone(incarnation: String) -> Bool {
        let parts = incarnation.split(separator: "/")
        guard parts.count == 4, machine() == "\(parts[0])/\(parts[1])", let pid = Int32(parts[2]), pid > 0 else { return false }
        // kill(2) knows processes that a hidden /proc doesn't show.
        if kill(pid, 0) == -1 { return errno == ESRCH }
        guard let ticks = startTicks(of: Int(pid)) else { return false }
        return String(ticks) != parts[3]
    }

    /// What tells this start of the machine from every other.
    package static var boot: String? { text("/proc/sys/kernel/random/boot_id") }

    private static func machine() -> String? {
        guard let boot,
            let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        return "\(boot)/\(namespace)"
    }

    /// Field 22 of proc(5)'s stat; the second, the program's name, may hold blanks and parentheses.
    private static func startTicks(of pid: Int) -> Int? {
        guard let stat = text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[end...].split(separator: " ")
        return fields.count > 20 ? Int(fields[20]) : nil
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}

internal import CLinux
internal import Glibc

/// A control group of the kernel's, version 2: processes that are counted, limited and killed together.
///
/// - SeeAlso: <https://docs.kernel.org/admin-guide/cgroup-v2.html>
package struct ControlGroup: Sendable, Hashable {
    package enum Controller: String, Sendable, Hashable, CaseIterable { case memory, pids, cpu }

    /// Its folder in the kernel's file system.
    package let path: String

    package init(path: String) { self.path = path }

    /// What limits may be set for its processes here.
    package var controllers: Set<Controller> { Set(words("cgroup.controllers").compactMap { Controller(rawValue: String($0)) }) }

    /// Its processes, without those of the groups in it.
    package var processes: [Int32] { words("cgroup.procs").compactMap { Int32($0) } }

    /// Whether a process is left in it or in a group in it.
    package var isPopulated: Bool { count("populated", in: "cgroup.events") ?? 0 > 0 }

    /// The groups in it, by name; none when it is gone.
    package var names: [String] {
        // A group that is gone has none.
        ((try? FileSystem.names(in: path)) ?? []).filter { FileFacts(of: "\(path)/\($0)")?.kind == .folder }
    }

    package func group(_ name: String) -> ControlGroup { ControlGroup(path: "\(path)/\(name)") }

    /// Makes a group in it that isn't there yet.
    ///
    /// - Throws: ``HostError``
    package func make(_ name: String) throws(HostError) -> ControlGroup {
        try FileSystem.makeNewFolder("\(path)/\(name)")
        return group(name)
    }

    /// Removes it, which has no process left.
    ///
    /// - Throws: ``HostError``, with `EBUSY` when one is left.
    package func remove() throws(HostError) {
        guard rmdir(path) != 0, errno != ENOENT else { return }
        throw HostError(errno: errno, doing: "remove", path: path)
    }

    /// Moves a process into it, with all of its threads.
    ///
    /// - Throws: ``HostError``
    package func add(_ pid: Int32) throws(HostError) { try set("cgroup.procs", "\(pid)") }

    /// Lets the groups in it have limits of that kind.
    ///
    /// - Throws: ``HostError``, with `EBUSY` while it has processes itself.
    package func enable(_ controller: Controller) throws(HostError) { try set("cgroup.subtree_control", "+\(controller.rawValue)") }

    /// Kills all that is in it and in the groups in it, also what starts meanwhile.
    ///
    /// - Returns: Whether the kernel can do so: since 5.14.
    @discardableResult
    package func kill() -> Bool {
        // One that is gone has nothing left to kill.
        (try? set("cgroup.kill", "1")) != nil
    }

    /// Writes one of its files.
    ///
    /// - Throws: ``HostError``
    package func set(_ file: String, _ value: String) throws(HostError) {
        let path = "\(path)/\(file)"
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "write", path: path) }
        defer { close(descriptor) }
        try FileSystem.writeAll(Array(value.utf8), to: descriptor, path: path)
    }

    /// A file that holds one number; nil for `max`, and where the kernel doesn't have it.
    package func number(_ file: String) -> Int? { words(file).first.flatMap { Int($0) } }

    /// A number out of a file of names and numbers; nil where the kernel doesn't count it.
    package func count(_ name: String, in file: String) -> Int? {
        let words = words(file)
        return words.firstIndex(of: name[...]).flatMap { $0 + 1 < words.count ? Int(words[$0 + 1]) : nil }
    }

    private func words(_ file: String) -> [Substring] {
        // A kernel without this file, or a group that is gone, says nothing.
        guard let bytes = try? FileSystem.read("\(path)/\(file)", limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }
}

extension ControlGroup {
    /// The group that this process is in; nil where the kernel's file system isn't mounted.
    package static var own: ControlGroup? {
        guard let mount, let bytes = try? FileSystem.read("/proc/self/cgroup", limit: 1 << 20) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("0::/") }
        return line.map { ControlGroup(path: mount + ($0 == "0::/" ? "" : $0.dropFirst(3))) }
    }

    /// Whether systemd has given it to this process's user, who may divide it as the user likes.
    ///
    /// That the user may write is not enough: the groups of a user's other units are the user's, and systemd's to keep.
    package var isDelegated: Bool {
        access(path, W_OK) == 0 && access("\(path)/cgroup.procs", W_OK) == 0
            && (slipway_has_attribute(path, "user.delegate") || slipway_has_attribute(path, "trusted.delegate"))
    }

    /// The group above it; nil for the root.
    package var parent: ControlGroup? {
        guard let mount = Self.mount, path.hasPrefix(mount + "/"), let slash = path.lastIndex(of: "/") else { return nil }
        return ControlGroup(path: String(path[..<slash]))
    }

    package var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// Where the kernel's file system is: `/sys/fs/cgroup`, or beside version 1 a folder in it.
    private static var mount: String? {
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first { FileSystem.exists("\($0)/cgroup.procs") && !FileSystem.exists("\($0)/tasks") }
    }
}

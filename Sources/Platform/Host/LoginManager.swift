/// The login manager, systemd's logind: what it takes away from a user who logs out.
///
/// - SeeAlso: logind.conf(5)
package enum LoginManager {
    /// Whether it removes all that a user has in `/dev/shm` when the last session ends: an ordinary user's, who doesn't linger, unless it is told not to.
    ///
    /// - Parameters:
    ///   - id: The user.
    ///   - name: The user's name; nil for one that the system doesn't know, and who has no sessions.
    ///   - root: In front of the system's paths; empty for this system.
    /// - Returns: False where no login manager runs.
    package static func emptiesMemory(ofUser id: UInt32, named name: String?, root: String = "") -> Bool {
        // Users of the system, which have the numbers up to 999, are spared.
        guard let name, id > 999, FileSystem.exists("\(root)/run/systemd/seats") else { return false }
        if FileSystem.exists("\(root)/var/lib/systemd/linger/\(name)") { return false }
        return removesFiles(root)
    }

    /// The last word of its settings; without one it does.
    private static func removesFiles(_ root: String) -> Bool {
        let folders = ["usr/lib", "run", "etc"].map { "\(root)/\($0)/systemd/logind.conf.d" }
        // A folder that is missing says nothing.
        let additions = folders.flatMap { folder in ((try? FileSystem.names(in: folder)) ?? []).sorted().map { "\(folder)/\($0)" } }
        var isRemoving = true
        for file in ["\(root)/etc/systemd/logind.conf"] + additions.filter({ $0.hasSuffix(".conf") }) {
            guard let bytes = try? FileSystem.read(file, limit: 1 << 20) else { continue }  // missing, or not ours to read
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("RemoveIPC=") {
                isRemoving = !["no", "false", "0", "off", "n", "f"].contains(line.dropFirst("RemoveIPC=".count).lowercased())
            }
        }
        return isRemoving
    }
}

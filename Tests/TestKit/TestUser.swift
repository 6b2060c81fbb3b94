internal import Glibc
internal import Host

/// A user that only a test's own processes know, with a home and a shell: its passwd(5) is laid over the system's for them.
///
/// Only root can make one.
package struct TestUser: Sendable {
    package let name = "tester"
    /// Nobody's on a usual system.
    package let id: UInt32 = 54_321
    package let folder: TemporaryFolder
    package var home: String { "\(folder.path)/home" }

    package static var isPossible: Bool { geteuid() == 0 && RequiredTool.setpriv.path != nil }

    /// Whether the kernel lets such a user set processes apart; some systems keep that for root.
    package static var maySetApart: Bool {
        func number(_ path: String) -> String? {
            // The file is only there where there is something to forbid.
            (try? FileSystem.read("/proc/sys/kernel/\(path)")).map { String(decoding: $0.prefix(1), as: UTF8.self) }
        }
        return number("unprivileged_userns_clone") != "0" && number("apparmor_restrict_unprivileged_userns") != "1"
    }

    /// Gives `body` a user, whose files are removed afterwards.
    package static func with<T>(_ body: (TestUser) async throws -> T) async throws -> T {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let user = TestUser(folder: folder)
        try FileSystem.makeFolder(user.home)
        for path in [folder.path, user.home] { chmod(path, 0o755) }
        let system = try FileSystem.read("/etc/passwd")
        let line = "\(user.name):x:\(user.id):\(user.id)::\(user.home):/bin/sh\n"
        try FileSystem.write(system + Array(line.utf8), to: "\(folder.path)/passwd")
        chmod("\(folder.path)/passwd", 0o644)
        user.give(user.home)
        return try await body(user)
    }

    /// Makes a file, or a folder with all that is in it now, the user's own.
    package func give(_ path: String) {
        chown(path, id, id)
        // A file has none.
        for name in (try? FileSystem.names(in: path)) ?? [] { give("\(path)/\(name)") }
    }

    /// What stands before a command that is to know the user; it stays root's.
    package var knowing: [String] {
        ["unshare", "--mount", "sh", "-c", "mount --bind \(folder.path)/passwd /etc/passwd && exec \"$@\"", "sh"]
    }

    /// What stands before a command that is to be the user's.
    package var being: [String] { knowing + ["setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"] }

    /// What stands before the user's command that runs a program which lies where only root may look: its path is ``placed(_:)`` then.
    package func being(running program: String) throws -> [String] {
        try FileSystem.write([], to: placed(program))
        let mount = "mount --bind \(program) \(placed(program)) && "
        var words = being
        words[4] = mount + words[4]
        return words
    }

    /// Where such a program is.
    package func placed(_ program: String) -> String { "\(folder.path)/\(program.split(separator: "/").last ?? "program")" }
}

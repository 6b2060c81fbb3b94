/// A disk of a few megabytes, which only root can make.
package enum SmallDisk {
    /// Gives `body` a folder that is a tmpfs of its own; it is unmounted afterwards.
    package static func with<T>(megabytes: Int, _ body: (_ folder: String) async throws -> T) async throws -> T {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await Spawn.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,uid=nobody", "tmpfs", folder.path])
        do {
            let value = try await body(folder.path)
            try await Spawn.run(["umount", "-l", folder.path])
            return value
        } catch {
            // The test's own error matters more.
            try? await Spawn.run(["umount", "-l", folder.path])
            throw error
        }
    }
}

internal import FoundationEssentials
internal import Glibc

/// A folder of one test, below the system's temporary folder.
package struct TemporaryFolder: Sendable {
    package let path: String

    /// Makes it, with a short name: a socket's path may have 107 bytes.
    ///
    /// - Parameter inMemory: Whether its files are rather kept from the disk, where there is room for that: for those that are many, large and
    ///   soon removed, which makes everybody else's writes to the disk wait.
    /// - Throws: What the system says when it can't be made.
    package init(inMemory: Bool = false) throws {
        let name = "slipway-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let folder = inMemory && Self.hasMemory ? Self.memory : FileManager.default.temporaryDirectory.path
        path = folder + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// Removes it with all that is in it.
    package func remove() {
        // A leftover in the temporary folder harms nobody, and the test's own result matters more.
        try? FileManager.default.removeItem(atPath: path)
    }

    private static let memory = "/dev/shm"

    private static var hasMemory: Bool {
        var facts = statvfs()
        guard statvfs(memory, &facts) == 0, access(memory, W_OK) == 0 else { return false }
        return Int(facts.f_bavail) * Int(facts.f_frsize) > 2 << 30
    }
}

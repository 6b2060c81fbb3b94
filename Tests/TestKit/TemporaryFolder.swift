internal import FoundationEssentials

/// A folder of one test, below the system's temporary folder.
package struct TemporaryFolder: Sendable {
    package let path: String

    /// Makes it, with a short name: a socket's path may have 107 bytes.
    package init() throws {
        let name = "slipway-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// Removes it with all that is in it.
    package func remove() {
        // A leftover in the temporary folder harms nobody, and the test's own result matters more.
        try? FileManager.default.removeItem(atPath: path)
    }
}

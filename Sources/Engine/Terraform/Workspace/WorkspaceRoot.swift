internal import FoundationEssentials
internal import Host
internal import Sealing

/// The private folder in which workspaces are made.
package struct WorkspaceRoot: Sendable, Hashable {
    package let path: String
    /// Else state and variables are on a disk while a run lasts.
    package let isMemoryBacked: Bool

    package init(path: String, isMemoryBacked: Bool) {
        self.path = path
        self.isMemoryBacked = isMemoryBacked
    }

    /// Said at start.
    package var sentence: String {
        isMemoryBacked
            ? "runs work in memory (\(path))"
            : "there is no memory-backed storage with enough room: runs work on disk (\(path)), where state and variables are plain while a run lasts"
    }
}

internal import CLinux
internal import Glibc

/// What a folder's files are kept on.
package struct FolderStorage: Sendable, Hashable {
    /// In memory only (tmpfs, ramfs): gone after a power cut, and never on a disk unless the machine swaps.
    package let isMemoryBacked: Bool
    /// What this user may still write, in bytes.
    package let freeBytes: Int
    /// What it holds at all, in bytes.
    package let totalBytes: Int

    /// - Throws: ``HostError`` when the folder is missing.
    package init(of folder: String) throws(HostError) {
        var facts = statfs()
        guard statfs(folder, &facts) == 0 else { throw HostError(errno: errno, doing: "examine", path: folder) }
        let kind = UInt32(truncatingIfNeeded: facts.f_type)
        isMemoryBacked = kind == UInt32(TMPFS_MAGIC) || kind == UInt32(RAMFS_MAGIC)
        freeBytes = Int(facts.f_bavail) * Int(facts.f_bsize)
        totalBytes = Int(facts.f_blocks) * Int(facts.f_bsize)
    }
}

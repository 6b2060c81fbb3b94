internal import CLinux
internal import Glibc

/// What a folder's files are kept on.
package struct FolderStorage: Sendable, Hashable {
    /// In memory only (tmpfs, ramfs): gone after a power cut, and never on a disk unless the machine swaps.
    package let isMemoryBacked: Bool
    /// What this user may still write, in bytes.
    package let freeBytes: Int
    /// What nobody has written, in bytes: a part of it may be kept for root.
    package let emptyBytes: Int
    /// Which file system it is, as `st_dev` says.
    package let device: UInt64
    /// What it holds at all, in bytes.
    package let totalBytes: Int

    /// - Throws: ``HostError`` when the folder is missing.
    package init(of folder: String) throws(HostError) {
        var facts = statfs()
        guard statfs(folder, &facts) == 0 else { throw HostError(errno: errno, doing: "examine", path: folder) }
        let kind = UInt32(truncatingIfNeeded: facts.f_type)
        isMemoryBacked = kind == UInt32(TMPFS_MAGIC) || kind == UInt32(RAMFS_MAGIC)
        freeBytes = Int(facts.f_bavail) * Int(facts.f_bsize)
        emptyBytes = Int(facts.f_bfree) * Int(facts.f_bsize)
        var file = stat()
        device = stat(folder, &file) == 0 ? UInt64(file.st_dev) : 0
        totalBytes = Int(facts.f_blocks) * Int(facts.f_bsize)
    }
}

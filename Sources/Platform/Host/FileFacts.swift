internal import CLinux
internal import Glibc

/// What the system knows about a file without opening it.
package struct FileFacts: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file, folder, link
        /// A pipe, socket or device.
        case special
    }

    package let kind: Kind
    package let byteCount: Int
    /// The permission bits, `0o755`.
    package let mode: UInt32
    /// Of the content; nanoseconds since 1970.
    package let modified: Int64
    /// Tells two files of one file system apart, also when one replaced the other.
    package let inode: UInt64
    package let owner: UInt32
    /// How many names it has.
    package let linkCount: Int

    /// Facts about the file itself, not about what a symbolic link names; nil when there is none.
    package init?(of path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Facts about what a descriptor is open on; nil for none.
    init?(descriptor: Int32) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        switch facts.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .special
        }
        byteCount = Int(facts.st_size)
        mode = facts.st_mode & 0o7777
        modified = Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
        inode = UInt64(facts.st_ino)
        owner = facts.st_uid
        linkCount = Int(facts.st_nlink)
    }
}

internal import CLinux
internal import Glibc

extension FileSystem {
    /// Removes a file or a folder with everything in it, however deep, read-only folders included; what is missing is no error.
    ///
    /// - Parameter path: Symbolic links are removed, never followed.
    /// - Throws: ``HostError`` for the first thing that can't be removed.
    package static func removeTree(_ path: String) throws(HostError) {
        guard let facts = FileFacts(of: path) else { return }
        guard facts.kind == .folder else { return try removeFile(path) }
        if facts.mode & 0o700 != 0o700 { chmod(path, 0o700) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "remove", path: path) }
        defer { close(descriptor) }
        try TreeRemoval.empty(descriptor, path: path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw HostError(errno: errno, doing: "remove", path: path) }
    }

    /// Copies a file, in the kernel where it can.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed.
    ///   - target: Must not exist.
    ///   - mode: The permission bits of the copy.
    ///   - durably: Wait until it is on the disk.
    /// - Throws: ``HostError``
    package static func copy(_ path: String, to target: String, mode: UInt32, durably: Bool = true) throws(HostError) {
        let from = open(path, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw HostError(errno: errno, doing: "read", path: path) }
        defer { close(from) }
        let to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard to >= 0 else { throw HostError(errno: errno, doing: "write", path: target) }
        defer { close(to) }
        while true {
            let count = slipway_copy_range(from, to, 1 << 30)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw HostError(errno: errno, doing: "write", path: target) }
            if count == 0 { break }
        }
        guard !durably || fsync(to) == 0 else { throw HostError(errno: errno, doing: "write", path: target) }
    }
}

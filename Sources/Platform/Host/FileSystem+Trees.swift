internal import CLinux
internal import Glibc

extension FileSystem {
    /// Removes a file or a folder with everything in it, read-only folders included; what is missing is no error.
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
        try empty(descriptor, path: path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw HostError(errno: errno, doing: "remove", path: path) }
    }

    /// Copies a file, in the kernel where it can.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed.
    ///   - target: Must not exist.
    ///   - mode: The permission bits of the copy.
    /// - Throws: ``HostError``
    package static func copy(_ path: String, to target: String, mode: UInt32) throws(HostError) {
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
        guard fsync(to) == 0 else { throw HostError(errno: errno, doing: "write", path: target) }
    }

    /// Empties an open folder by its descriptor: a folder swapped for a link meanwhile is not followed.
    private static func empty(_ descriptor: Int32, path: String) throws(HostError) {
        guard let stream = fdopendir(dup(descriptor)) else { throw HostError(errno: errno, doing: "remove", path: path) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard let start = slipway_entry_name(entry) else { continue }
            let name = UnsafeRawBufferPointer(start: start, count: strlen(start) + 1).map(\.self)
            if name == [0x2E, 0] || name == [0x2E, 0x2E, 0] { continue }
            let failed = name.withUnsafeBytes { bytes -> Int32 in
                bytes.withMemoryRebound(to: CChar.self) { name in
                    guard let name = name.baseAddress else { return EINVAL }
                    return unlinkat(descriptor, name, 0) == 0 ? 0 : errno
                }
            }
            if failed == 0 || failed == ENOENT { continue }
            guard failed == EISDIR || failed == EPERM else { throw HostError(errno: failed, doing: "remove", path: path) }
            try emptyAndRemove(name, in: descriptor, path: path)
        }
    }

    private static func emptyAndRemove(_ name: [UInt8], in folder: Int32, path: String) throws(HostError) {
        let text = String(decoding: name.dropLast(), as: UTF8.self)
        let child = name.withUnsafeBytes { bytes -> Int32 in
            bytes.withMemoryRebound(to: CChar.self) { name in
                guard let name = name.baseAddress else { return -1 }
                let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                let descriptor = openat(folder, name, flags)
                if descriptor >= 0 || errno != EACCES { return descriptor }
                fchmodat(folder, name, 0o700, 0)
                return openat(folder, name, flags)
            }
        }
        guard child >= 0 else { throw HostError(errno: errno, doing: "remove", path: "\(path)/\(text)") }
        defer { close(child) }
        fchmod(child, 0o700)
        try empty(child, path: "\(path)/\(text)")
        let failed = name.withUnsafeBytes { bytes -> Int32 in
            bytes.withMemoryRebound(to: CChar.self) { name in
                guard let name = name.baseAddress else { return EINVAL }
                return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : errno
            }
        }
        guard failed == 0 || failed == ENOENT else { throw HostError(errno: failed, doing: "remove", path: "\(path)/\(text)") }
    }
}

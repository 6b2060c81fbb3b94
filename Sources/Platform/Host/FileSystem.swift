internal import CLinux
internal import Glibc

/// Files and folders, by plain calls to the system: nothing is normalised, followed or retried behind the caller's back.
package enum FileSystem {
    /// What is in a folder, sorted by the bytes of the names, without `.` and `..`.
    ///
    /// - Parameter folder: The folder's path.
    /// - Returns: Names as bytes: Linux doesn't promise UTF-8.
    /// - Throws: ``HostError`` when it is missing, no folder, or not readable.
    package static func rawNames(in folder: String) throws(HostError) -> [[UInt8]] {
        guard let stream = opendir(folder) else { throw HostError(errno: errno, doing: "list", path: folder) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            guard let start = slipway_entry_name(entry) else { continue }
            let name = UnsafeRawBufferPointer(start: start, count: strlen(start)).map(\.self)
            if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// As ``rawNames(in:)``, with names that are not UTF-8 left out.
    ///
    /// - Parameter folder: The folder's path.
    /// - Returns: Sorted names.
    /// - Throws: ``HostError`` when it is missing, no folder, or not readable.
    package static func names(in folder: String) throws(HostError) -> [String] {
        try rawNames(in: folder).compactMap { String(validating: $0, as: UTF8.self) }
    }

    /// The whole content of a file.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed.
    ///   - offset: Where to begin.
    ///   - limit: The most that is read, in bytes.
    /// - Returns: Everything from `offset` on, up to the limit.
    /// - Throws: ``HostError``
    package static func read(_ path: String, from offset: Int = 0, limit: Int = .max) throws(HostError) -> [UInt8] {
        let file = try OpenFile(reading: path)
        return try file.read(from: offset, limit: limit)
    }

    /// Writes a file, replacing what was there.
    ///
    /// - Parameters:
    ///   - bytes: The whole content.
    ///   - path: Its folder must exist.
    ///   - mode: The permission bits of a new file.
    ///   - durably: Wait until the content is on the disk.
    /// - Throws: ``HostError``; on a full disk a part may have been written.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, durably: Bool = false) throws(HostError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "write", path: path) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: path)
        if durably && fsync(descriptor) != 0 { throw HostError(errno: errno, doing: "write", path: path) }
    }

    /// Makes a folder, and those above it that are missing, private to this user unless told otherwise.
    ///
    /// - Parameters:
    ///   - path: An existing folder is left as it is.
    ///   - mode: The permission bits of each new one.
    /// - Throws: ``HostError``
    package static func makeFolder(_ path: String, mode: UInt32 = 0o700) throws(HostError) {
        guard mkdir(path, mode) != 0, errno != EEXIST else { return }
        let number = errno
        guard number == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw HostError(errno: number, doing: "make", path: path)
        }
        try makeFolder(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw HostError(errno: errno, doing: "make", path: path) }
    }

    /// Makes one folder that must not exist yet.
    ///
    /// - Parameter path: Its parent must exist.
    /// - Throws: ``HostError``, with `EEXIST` when something is there.
    package static func makeNewFolder(_ path: String) throws(HostError) {
        guard mkdir(path, 0o700) == 0 else { throw HostError(errno: errno, doing: "make", path: path) }
    }

    package static func makeLink(at path: String, to target: String) throws(HostError) {
        guard symlink(target, path) == 0 else { throw HostError(errno: errno, doing: "make", path: path) }
    }

    /// What a symbolic link says, not resolved.
    ///
    /// - Parameter path: The link.
    /// - Returns: The target's bytes as they stand.
    /// - Throws: ``HostError``, with `EINVAL` when it is no link.
    package static func linkTarget(_ path: String) throws(HostError) -> [UInt8] {
        var count = 0
        let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, used in
            count = buffer.withMemoryRebound(to: CChar.self) { memory in
                guard let start = memory.baseAddress else { return -1 }
                return readlink(path, start, memory.count)
            }
            used = max(0, count)
        }
        guard count >= 0 else { throw HostError(errno: errno, doing: "read", path: path) }
        return target
    }

    /// The absolute path without links, `.` and `..`; nil when something on the way is missing.
    ///
    /// - Parameter path: May be relative to the working folder.
    /// - Returns: The resolved path.
    package static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    package static func exists(_ path: String) -> Bool { FileFacts(of: path) != nil }

    package static func rename(_ path: String, to target: String) throws(HostError) {
        guard Glibc.rename(path, target) == 0 else { throw HostError(errno: errno, doing: "rename", path: path) }
    }

    package static func setMode(_ mode: UInt32, of path: String) throws(HostError) {
        guard chmod(path, mode) == 0 else { throw HostError(errno: errno, doing: "change the mode of", path: path) }
    }

    /// Sets a file's time of change to now.
    package static func touch(_ path: String) throws(HostError) {
        guard utimensat(AT_FDCWD, path, nil, 0) == 0 else { throw HostError(errno: errno, doing: "touch", path: path) }
    }

    /// Waits until the names in a folder are on the disk.
    package static func sync(folder: String) throws(HostError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw HostError(errno: errno, doing: "write", path: folder) }
    }

    /// Waits until a file's content is on the disk.
    package static func sync(file: String) throws(HostError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: file) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw HostError(errno: errno, doing: "write", path: file) }
    }

    package static func removeFile(_ path: String) throws(HostError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw HostError(errno: errno, doing: "remove", path: path) }
    }

    // MARK: - Details

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(HostError) {
        let failed = bytes.withUnsafeBytes { buffer -> Int32 in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { return errno }
                offset += count
            }
            return 0
        }
        guard failed == 0 else { throw HostError(errno: failed, doing: "write", path: path) }
    }
}

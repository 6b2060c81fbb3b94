internal import CLinux
internal import Glibc

extension HeldFolder {
    /// How much room the files below take, whatever someone else is doing to them meanwhile.
    ///
    /// - Parameter limit: Where counting may stop, in bytes.
    /// - Returns: Bytes; beyond the limit any number above it, and `Int.max` for a tree that is deeper than any honest one.
    package func usedBytes(atMost limit: Int) -> Int {
        var used = 0
        // Folders that are open, each with its stream: no more than this many at once, however deep it goes.
        var open: [OpaquePointer] = []
        defer { for stream in open { closedir(stream) } }
        guard let first = Self.stream(of: descriptor, ".") else { return 0 }
        open.append(first)
        while let stream = open.last, used <= limit {
            guard let entry = readdir(stream) else {
                closedir(stream)
                open.removeLast()
                continue
            }
            guard let name = slipway_entry_name(entry) else { continue }
            if name[0] == 0x2E, name[1] == 0 || (name[1] == 0x2E && name[2] == 0) { continue }
            var facts = stat()
            guard fstatat(dirfd(stream), name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            // Every entry takes something, an empty one too.
            used = used.addingReportingOverflow(Int(facts.st_blocks) * 512 + 1024).partialValue
            guard facts.st_mode & S_IFMT == S_IFDIR else { continue }
            guard open.count < Self.deepest else { return .max }
            // A folder that its owner may not read is opened for us: what is in it counts.
            if let inner = Self.stream(of: dirfd(stream), name) ?? Self.streamByForce(of: dirfd(stream), name) { open.append(inner) }
        }
        return used
    }

    private static let deepest = 200

    /// Gives the owner of a folder below all rights to it, if it is a folder and this user may.
    package func allow(_ name: String) {
        guard let descriptor = try? opened(name, slipway_path_only() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, doing: "open") else { return }
        defer { close(descriptor) }
        // What may not be changed is found out by whoever opens it.
        _ = chmod("/proc/self/fd/\(descriptor)", 0o700)
    }

    private static func streamByForce(of folder: Int32, _ name: UnsafePointer<CChar>) -> OpaquePointer? {
        guard errno == EACCES else { return nil }
        let descriptor = openat(folder, name, slipway_path_only() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // By this way the mode of what is open changes, not of what has its name by now.
        guard chmod("/proc/self/fd/\(descriptor)", 0o700) == 0 else { return nil }
        return stream(of: folder, name)
    }

    private static func stream(of folder: Int32, _ name: UnsafePointer<CChar>) -> OpaquePointer? {
        let descriptor = openat(folder, name, folderFlags)
        guard descriptor >= 0 else { return nil }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return nil
        }
        return stream
    }
}

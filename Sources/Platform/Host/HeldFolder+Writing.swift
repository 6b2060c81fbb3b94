internal import CLinux
internal import Glibc

extension HeldFolder {
    /// Makes one folder that must not exist yet, private to its owner.
    ///
    /// - Parameters:
    ///   - path: Its parent is trusted.
    ///   - owner: Whose it becomes; nil leaves it to this user.
    ///   - mode: Its permission bits.
    /// - Returns: The folder, open.
    /// - Throws: ``HostError``, with `EEXIST` when something is there.
    package static func make(_ path: String, owner: FileOwner? = nil, mode: UInt32 = 0o700) throws(HostError) -> HeldFolder {
        guard mkdir(path, mode) == 0 else { throw HostError(errno: errno, doing: "make", path: path) }
        let folder = try HeldFolder(opening: path, owner: owner)
        try folder.give(folder.descriptor, mode: mode, "")
        return folder
    }

    /// Makes one folder that must not exist yet.
    ///
    /// - Parameters:
    ///   - name: A relative path, whose parent exists.
    ///   - owner: Whose it becomes, as all that is made in it; nil is ``owner``.
    /// - Returns: The folder, open.
    /// - Throws: ``HostError``
    @discardableResult
    package func makeNewFolder(_ name: String, owner: FileOwner? = nil) throws(HostError) -> HeldFolder {
        let (parent, last) = try parent(of: name, doing: "make")
        guard mkdirat(parent.descriptor, last, 0o700) == 0 else { throw failure(errno, "make", name) }
        let folder = try folder(name, owner: owner)
        try folder.give(folder.descriptor, mode: 0o700, "")
        return folder
    }

    /// Makes a folder and those above it that are missing; what exists is left as it is.
    package func makeFolder(_ name: String) throws(HostError) {
        var path = ""
        for part in name.split(separator: "/") {
            path += path.isEmpty ? "\(part)" : "/\(part)"
            do throws(HostError) {
                try makeNewFolder(path)
            } catch {
                guard error.errno == EEXIST else { throw error }
            }
        }
    }

    /// Writes a file anew; what had its name before, whatever it was, is removed and not written to.
    ///
    /// - Parameters:
    ///   - bytes: The whole content.
    ///   - name: A relative path, whose parent exists.
    ///   - mode: Its permission bits.
    /// - Throws: ``HostError``; on a full disk a part may have been written.
    package func write(_ bytes: [UInt8], to name: String, mode: UInt32 = 0o600) throws(HostError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor: Int32
        do throws(HostError) {
            descriptor = try opened(name, flags, mode: mode, doing: "write")
        } catch {
            // A link that leads nowhere is refused, not found.
            guard error.errno == EEXIST || error.errno == ELOOP else { throw error }
            try remove(name)
            return try write(bytes, to: name, mode: mode)
        }
        defer { close(descriptor) }
        try give(descriptor, mode: mode, name)
        try FileSystem.writeAll(bytes, to: descriptor, path: "\(path)/\(name)")
    }

    /// Writes a file next to its place and then puts it there: nobody ever sees half of it.
    ///
    /// - Parameters:
    ///   - name: A relative path, whose parent exists.
    ///   - bytes: The whole content.
    /// - Throws: ``HostError``; then the old one is still there.
    package func replace(_ name: String, with bytes: [UInt8]) throws(HostError) {
        try write(bytes, to: name + ".new")
        try rename(name + ".new", to: name)
    }

    /// Makes a symbolic link in place of whatever had its name; for the owner, as none is ever followed from here.
    package func link(_ name: String, to target: String) throws(HostError) {
        try remove(name)
        let (parent, last) = try parent(of: name, doing: "make")
        guard symlinkat(target, parent.descriptor, last) == 0 else { throw failure(errno, "make", name) }
        guard let owner else { return }
        guard fchownat(parent.descriptor, last, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw failure(errno, "make", name)
        }
    }

    /// Renames within one folder below.
    package func rename(_ name: String, to target: String) throws(HostError) {
        let (from, first) = try parent(of: name, doing: "rename")
        let (to, last) = try parent(of: target, doing: "rename")
        guard renameat(from.descriptor, first, to.descriptor, last) == 0 else { throw failure(errno, "rename", name) }
    }

    /// Removes a file, a link, or a folder with everything in it; what is missing is no error.
    package func remove(_ name: String) throws(HostError) {
        let (parent, last): (HeldFolder, String)
        do throws(HostError) {
            (parent, last) = try self.parent(of: name, doing: "remove")
        } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        if unlinkat(parent.descriptor, last, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw failure(errno, "remove", name) }
        let folder = try parent.opened(last, slipway_path_only() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, doing: "remove")
        defer { close(folder) }
        // Without its owner's rights it can't be emptied; this way changes what is open, not what has the name by now.
        chmod("/proc/self/fd/\(folder)", 0o700)
        let readable = openat(folder, ".", Self.folderFlags)
        guard readable >= 0 else { throw failure(errno, "remove", name) }
        defer { close(readable) }
        try TreeRemoval.empty(readable, path: "\(path)/\(name)")
        guard unlinkat(parent.descriptor, last, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw failure(errno, "remove", name) }
    }

    /// Removes everything in it; it stays itself.
    package func empty() throws(HostError) {
        fchmod(descriptor, 0o700)
        try TreeRemoval.empty(descriptor, path: path)
    }

    /// Opens a file for appending, making it when it is missing.
    ///
    /// - Parameter name: A relative path.
    /// - Returns: A descriptor that a child can be given; it closes with the object.
    /// - Throws: ``HostError``
    package func appending(to name: String) throws(HostError) -> OpenFile {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        return OpenFile(descriptor: try opened(name, flags, mode: 0o600, doing: "write"), path: "\(path)/\(name)")
    }

    /// The mode whatever the umask is, and the owner.
    private func give(_ descriptor: Int32, mode: UInt32, _ name: String) throws(HostError) {
        guard fchmod(descriptor, mode) == 0 else { throw failure(errno, "make", name) }
        guard let owner else { return }
        guard fchown(descriptor, owner.user, owner.group) == 0 else { throw failure(errno, "make", name) }
    }
}

internal import CLinux
internal import Glibc

/// A folder that is held open, and what lies below it, which someone else may exchange at any moment.
///
/// Everything goes through the descriptor and stays below it. No symbolic link is followed, not even on the way (openat2(2),
/// `RESOLVE_BENEATH`), opening never waits, and only regular files with one name that belong to the expected user are read: a link, a pipe,
/// a device or somebody else's file in place of the right one is an error (``HostError/isForeign``), and never obeyed.
package final class HeldFolder: Sendable {
    /// Who is expected to own what is read, and is given what is made; nil is this user.
    package let owner: FileOwner?
    /// Where it was when it was opened: for messages, and for programs that are started in it.
    package let path: String
    let descriptor: Int32
    /// Opens one name after the other: the same without openat2(2).
    private let takesSteps: Bool

    /// Opens a folder.
    ///
    /// - Parameters:
    ///   - path: Trusted but for its last part, which may not be a link.
    ///   - owner: See ``owner``.
    /// - Throws: ``HostError``
    package convenience init(opening path: String, owner: FileOwner? = nil) throws(HostError) {
        let descriptor = open(path, Self.folderFlags)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: path) }
        self.init(descriptor: descriptor, path: path, owner: owner)
    }

    /// This folder, as it is where openat2(2) is refused.
    func takingSteps() throws(HostError) -> HeldFolder {
        let descriptor = open(descriptorPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: path) }
        return HeldFolder(descriptor: descriptor, path: path, owner: owner, takesSteps: true)
    }

    private init(descriptor: Int32, path: String, owner: FileOwner?, takesSteps: Bool = false) {
        self.takesSteps = takesSteps
        self.descriptor = descriptor
        self.path = path
        self.owner = owner
    }

    deinit { close(descriptor) }

    /// Names the very folder that is open, whatever has its name by now; only in this process and while it is held.
    package var descriptorPath: String { "/proc/self/fd/\(descriptor)" }

    /// Opens a folder below.
    ///
    /// - Parameters:
    ///   - name: A relative path.
    ///   - owner: See ``owner``.
    /// - Returns: The folder, held as this one is.
    /// - Throws: ``HostError``
    package func folder(_ name: String, owner: FileOwner? = nil) throws(HostError) -> HeldFolder {
        HeldFolder(
            descriptor: try opened(name, Self.folderFlags, doing: "open"),
            path: "\(path)/\(name)",
            owner: owner ?? self.owner,
            takesSteps: takesSteps
        )
    }

    /// What the system knows about a file or folder below; nil when there is none, or something foreign is on the way.
    package func facts(_ name: String) -> FileFacts? {
        // With these two flags a link is opened itself, and RESOLVE_NO_SYMLINKS doesn't mind.
        guard let descriptor = try? opened(name, slipway_path_only() | O_NOFOLLOW | O_CLOEXEC, doing: "examine") else { return nil }
        defer { close(descriptor) }
        return FileFacts(descriptor: descriptor)
    }

    /// Whether anything has this name, a link included.
    package func exists(_ name: String) -> Bool {
        var facts = stat()
        guard let (folder, last) = try? parent(of: name, doing: "examine") else { return false }
        return fstatat(folder.descriptor, last, &facts, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Opens a regular file for reading.
    ///
    /// - Parameter name: A relative path.
    /// - Returns: Nil when there is none.
    /// - Throws: ``HostError``, with ``HostError/isForeign`` when it is anything else.
    package func file(_ name: String) throws(HostError) -> OpenFile? {
        let descriptor: Int32
        do throws(HostError) {
            descriptor = try opened(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, doing: "read")
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        let file = OpenFile(descriptor: descriptor, path: "\(path)/\(name)")
        guard let facts = FileFacts(descriptor: descriptor) else { throw failure(errno, "read", name) }
        switch facts.kind {
        case .file: break
        case .folder: throw failure(EISDIR, "read", name)
        case .link, .special: throw failure(ENXIO, "read", name)
        }
        // Another name of it is where it can be changed from, or where it came from.
        guard facts.linkCount <= 1 else { throw failure(EMLINK, "read", name) }
        guard facts.owner == owner?.user ?? geteuid() else { throw failure(EPERM, "read", name) }
        return file
    }

    /// The whole content of a regular file.
    ///
    /// - Parameters:
    ///   - name: A relative path.
    ///   - limit: The most it may have, in bytes.
    /// - Returns: Nil when there is none.
    /// - Throws: ``HostError``, with `EFBIG` for a larger one.
    package func read(_ name: String, limit: Int) throws(HostError) -> [UInt8]? {
        guard let file = try file(name) else { return nil }
        guard file.byteCount <= limit else { throw failure(EFBIG, "read", name) }
        let bytes = try file.read(from: 0, limit: limit == .max ? limit : limit + 1)
        // It may have grown meanwhile.
        guard bytes.count <= limit else { throw failure(EFBIG, "read", name) }
        return bytes
    }

    /// The names in it that are UTF-8, sorted.
    package func names() throws(HostError) -> [String] { try FileSystem.names(in: descriptorPath) }

    // MARK: - Details

    static let folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    func opened(_ name: String, _ flags: Int32, mode: UInt32 = 0, doing: String) throws(HostError) -> Int32 {
        while true {
            let descriptor = takesSteps ? -1 : slipway_open_beneath(self.descriptor, name, flags, mode)
            if descriptor >= 0 { return descriptor }
            if takesSteps || errno == ENOSYS {
                let descriptor = slipway_open_steps(self.descriptor, name, flags, mode)
                if descriptor >= 0 { return descriptor }
            }
            // The kernel could not be sure because something was being renamed, or was interrupted: it asks for another try.
            guard errno == EAGAIN || errno == EINTR else { throw failure(errno, doing, name) }
        }
    }

    /// The folder in which a path's last part is, and that part.
    func parent(of name: String, doing: String) throws(HostError) -> (folder: HeldFolder, last: String) {
        guard let slash = name.lastIndex(of: "/") else { return (self, name) }
        return (try folder(String(name[..<slash])), String(name[name.index(after: slash)...]))
    }

    func failure(_ number: Int32, _ doing: String, _ name: String) -> HostError {
        HostError(errno: number, doing: doing, path: "\(path)/\(name)")
    }
}

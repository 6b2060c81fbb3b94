internal import CLinux
internal import Glibc

/// Empties a folder by its descriptor, whatever someone else has put into it.
///
/// Three descriptors and no recursion, however deep it goes: a folder that is found in a folder is moved up to the top before it is emptied
/// itself. So the way back up is never looked for, which may lead elsewhere by now, and no path becomes longer than one name.
struct TreeRemoval {
    private let top: Int32
    private let path: String
    /// For the names of folders that are moved up.
    private var moved = 0
    private var hasMoved = false

    /// Removes everything in an open folder; links are removed, never followed.
    ///
    /// - Parameters:
    ///   - descriptor: Of the folder, which itself stays.
    ///   - path: For messages.
    /// - Throws: ``HostError`` for the first thing that can't be removed.
    static func empty(_ descriptor: Int32, path: String) throws(HostError) {
        var removal = TreeRemoval(top: descriptor, path: path)
        // What is moved up during a look may be missed by it.
        repeat {
            removal.hasMoved = false
            try removal.eachEntry(of: descriptor) { (removal, name) throws(HostError) in try removal.remove(name) }
        } while removal.hasMoved
    }

    private init(top: Int32, path: String) {
        self.top = top
        self.path = path
    }

    // MARK: - Details

    /// Removes an entry of the top.
    private mutating func remove(_ name: [CChar]) throws(HostError) {
        guard try !isUnlinked(name, in: top) else { return }
        let folder = try opened(name)
        defer { close(folder) }
        try eachEntry(of: folder) { (removal, name) throws(HostError) in
            if try !removal.isUnlinked(name, in: folder) { try removal.moveUp(name, from: folder) }
        }
        guard unlinkat(top, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw failure(name) }
    }

    /// False for a folder, which has to be emptied first.
    private func isUnlinked(_ name: [CChar], in folder: Int32) throws(HostError) -> Bool {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return true }
        guard errno == EISDIR || errno == EPERM else { throw failure(name) }
        // An empty one goes at once.
        return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }

    /// A folder's parent is written into it: without the right to write it can't be moved.
    private mutating func moveUp(_ name: [CChar], from folder: Int32) throws(HostError) {
        while true {
            moved += 1
            let target = ".\(moved)"
            if renameat2(folder, name, top, target) { break }
            if errno == EEXIST { continue }
            guard errno == EACCES || errno == EPERM else { throw failure(name) }
            try allow(name, in: folder)
            if renameat2(folder, name, top, target) { break }
            guard errno == EEXIST else { throw failure(name) }
        }
        hasMoved = true
    }

    /// Nothing that is there is replaced: an empty folder of that name would be, silently.
    private func renameat2(_ folder: Int32, _ name: [CChar], _ top: Int32, _ target: String) -> Bool {
        slipway_rename_new(folder, name, top, target) == 0
    }

    private func opened(_ name: [CChar]) throws(HostError) -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = openat(top, name, flags)
        if descriptor < 0, errno == EACCES {
            try allow(name, in: top)
            descriptor = openat(top, name, flags)
        }
        guard descriptor >= 0 else { throw failure(name) }
        // Without the right to write nothing in it can be removed.
        fchmod(descriptor, 0o700)
        return descriptor
    }

    /// Gives its owner all rights to a folder that can't even be opened for reading.
    private func allow(_ name: [CChar], in folder: Int32) throws(HostError) {
        let descriptor = openat(folder, name, slipway_path_only() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(name) }
        defer { close(descriptor) }
        // By this way the mode of what is open changes, not of what has its name by now.
        guard chmod("/proc/self/fd/\(descriptor)", 0o700) == 0 else { throw failure(name) }
    }

    private mutating func eachEntry(
        of folder: Int32,
        _ body: (inout TreeRemoval, [CChar]) throws(HostError) -> Void
    ) throws(HostError) {
        // A descriptor of its own: closedir(3) closes it, and its place in the folder is its own.
        let copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw HostError(errno: errno, doing: "remove", path: path) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard let start = slipway_entry_name(entry) else { continue }
            let name = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            let isItself = name[0] == 0x2E && (name[1] == 0 || (name[1] == 0x2E && name[2] == 0))
            if !isItself { try body(&self, name) }
        }
    }

    private func failure(_ name: [CChar]) -> HostError {
        let number = errno
        let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return HostError(errno: number, doing: "remove", path: "\(path)/\(text)")
    }
}

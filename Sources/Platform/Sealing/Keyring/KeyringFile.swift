internal import Glibc
internal import Host

/// The keyring as a file that only its owner can read.
struct KeyringFile {
    let path: String

    /// The file's text, and what tells it from a later one.
    func read() throws(SealingError) -> (document: KeyringDocument, stamp: Stamp) {
        // O_NONBLOCK: a pipe in its place must not hang the start.
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw fault(.missing)
            case ELOOP: throw fault(.symbolicLink)
            default: throw systemFault("open")
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemFault("look at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw fault(.notAFile) }
        guard status.st_uid == geteuid() else { throw fault(.wrongOwner(user: status.st_uid)) }
        guard status.st_mode & 0o077 == 0 else { throw fault(.open(mode: status.st_mode & 0o777)) }
        // Some 700 keys; more is no keyring.
        guard status.st_size <= 1 << 16 else { throw fault(.damaged(line: 1)) }
        var text = [UInt8](repeating: 0, count: Int(status.st_size))
        defer { KeyringText.wipe(&text) }
        guard Glibc.read(descriptor, &text, text.count) == text.count else { throw systemFault("read") }
        return (try KeyringDocument.parse(text, place: path), Stamp(status))
    }

    /// Makes the file with one random key, unless it is there.
    ///
    /// Whole or not at all, and durable when it returns; of several processes that try at once one wins and all then read the same file.
    func createIfMissing() throws(SealingError) {
        guard access(path, F_OK) != 0, !isDanglingLink else { return }
        let draft = path + ".new-" + Hexadecimal.text(try RandomBytes.make(count: 8))
        let entry = KeyringEntry(
            name: try NamedKey.randomName(),
            createdAt: Int(time(nil)),
            protection: .plain,
            value: try RandomBytes.make(count: AESGCM.keySize)
        )
        defer { unlink(draft) }
        try write(KeyringDocument(entries: [entry]), to: draft)
        // link(2), unlike rename(2), never replaces a file that another process made in between.
        guard link(draft, path) == 0 || errno == EEXIST else { throw systemFault("create") }
        try syncFolder()
    }

    /// Changes the file: whole or not at all, durable when it returns, and one change after the other among all processes.
    ///
    /// - Parameter body: Gets what the file holds now.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; nothing is changed then.
    func change<T: Sendable>(
        _ body: (inout KeyringDocument) async throws(SealingError) -> T
    ) async throws(SealingError) -> T {
        let lock: FileLock
        do throws(HostError) {
            lock = try await FileLock.wait(path + ".lock")
        } catch {
            throw fault(.system(doing: error.doing, errno: error.errno, message: error.systemMessage))
        }
        defer { lock.release() }
        var document = try read().document
        let value = try await body(&document)
        // One name is enough under the lock, and what a killed process left there goes with the next change.
        let draft = path + ".next"
        guard unlink(draft) == 0 || errno == ENOENT else { throw systemFault("write") }
        do throws(SealingError) {
            try write(document, to: draft)
            guard rename(draft, path) == 0 else { throw systemFault("write") }
        } catch {
            unlink(draft)
            throw error
        }
        try syncFolder()
        return value
    }

    /// What is another for every change of the file; nil when it can't be looked at.
    var stamp: Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    /// Tells one content of the file from the next.
    struct Stamp: Sendable, Equatable {
        private let inode: UInt64
        private let size: Int64
        private let seconds: Int
        private let nanoseconds: Int

        init(_ status: stat) {
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    // MARK: - Details

    private func write(_ document: KeyringDocument, to draft: String) throws(SealingError) {
        var text = document.text
        defer { KeyringText.wipe(&text) }
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw systemFault("create") }
        let isWritten =
            Glibc.write(descriptor, text, text.count) == text.count && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        let failure = isWritten ? nil : systemFault("write")
        close(descriptor)
        if let failure { throw failure }
    }

    private var isDanglingLink: Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private func syncFolder() throws(SealingError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFault("create") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemFault("create") }
    }

    private func fault(_ fault: KeyringFault) -> SealingError { SealingError(.keyring(place: path, fault)) }

    private func systemFault(_ doing: String) -> SealingError {
        let number = errno
        return fault(.system(doing: doing, errno: number, message: String(cString: strerror(number))))
    }
}

internal import Glibc

/// The keyring as a file that only its owner can read.
struct KeyringFile {
    let path: String

    /// Reads the keys.
    func read() throws(SealingError) -> [NamedKey] {
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
        return try KeyringText.parse(file: text, place: path)
    }

    /// Makes the file with one random key, unless it is there.
    ///
    /// Whole or not at all, and durable when it returns; of several processes that try at once one wins and all then read the same file.
    func createIfMissing() throws(SealingError) {
        guard access(path, F_OK) != 0, !isDanglingLink else { return }
        let draft = path + ".new-" + Hexadecimal.text(try RandomBytes.make(count: 8))
        var text = KeyringText.text(of: [try .random()])
        defer { KeyringText.wipe(&text) }
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemFault("create") }
        defer { unlink(draft) }
        let isWritten = write(descriptor, text, text.count) == text.count && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        let failure = isWritten ? nil : systemFault("write")
        close(descriptor)
        if let failure { throw failure }
        // link(2), unlike rename(2), never replaces a file that another process made in between.
        guard link(draft, path) == 0 || errno == EEXIST else { throw systemFault("create") }
        try syncFolder()
    }

    // MARK: - Details

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

internal import FoundationEssentials
internal import Host

extension ProviderStore {
    /// A copy of Terraform that can be run and not read, for the sandbox.
    ///
    /// The kernel closes the memory, the environment and the descriptors of a process whose program its user can't read to all processes of
    /// that user (execve(2), ptrace(2): "dumpable"). So what Terraform starts can't write into its output, nor end with it what the server
    /// makes of that output.
    ///
    /// It takes 40 ms, once.
    ///
    /// - Parameters:
    ///   - program: The one that is installed; a newer one gets a copy of its own.
    ///   - other: A folder of this user's where it goes when the store's disk has no room left for it.
    /// - Returns: The copy's path.
    /// - Throws: ``HostError``
    func unreadableCopy(of program: TerraformProgram, orIn other: String) throws(HostError) -> String {
        guard let facts = FileFacts(of: program.path) else { throw HostError(errno: 2, doing: "read", path: program.path) }
        // To the last block it would take away what the database needs.
        let isShort = try FolderStorage(of: folder).freeBytes < facts.byteCount + Self.spared
        let folder = isShort && !FileSystem.exists("\(folder)/.programs") ? other : folder
        let name = program.path.split(separator: "/").last.map(String.init) ?? "terraform"
        // The boot's: it isn't waited for until the copy is on the disk, and after a power cut it might not be.
        let place = "\(folder)/.programs/\(facts.inode)-\(facts.byteCount)-\(facts.modified)-\(ProcessIdentity.boot ?? "unknown")"
        let path = "\(place)/\(name)"
        if let copy = FileFacts(of: path), copy.kind == .file, copy.byteCount == facts.byteCount, copy.mode == Self.unreadable {
            return path
        }
        try FileSystem.makeFolder(place)
        let fresh = "\(place)/.\(UUID().uuidString)"
        do throws(HostError) {
            try FileSystem.copy(program.path, to: fresh, mode: 0o600, durably: false)
            try FileSystem.setMode(Self.unreadable, of: fresh)
            try FileSystem.rename(fresh, to: path)
        } catch {
            try? FileSystem.removeFile(fresh)  // no room for it is what was wrong in the first place
            throw error
        }
        removeCopies(in: folder, but: place)
        return path
    }

    private static let unreadable: UInt32 = 0o111
    private static let spared = 64 << 20

    /// Of programs that were replaced more than a day ago; a run that still has one keeps it.
    private func removeCopies(in folder: String, but place: String) {
        for name in (try? FileSystem.names(in: "\(folder)/.programs")) ?? [] {
            let other = "\(folder)/.programs/\(name)"
            guard other != place, let facts = FileFacts(of: other), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 > 86_400
            else {
                continue
            }
            try? FileSystem.removeTree(other)  // the next new program tries again
        }
    }
}

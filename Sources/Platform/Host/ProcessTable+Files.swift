internal import CLinux
internal import Glibc

extension ProcessTable {
    /// Files that processes have open and that have no name any more, or never had one: what they take no look into a folder finds.
    ///
    /// - Parameters:
    ///   - pids: Whose; those that this user may not look into count for nothing.
    ///   - limit: So many open files are enough.
    /// - Returns: Bytes by file system (`st_dev`), each file once.
    package static func namelessBytes(of pids: [Int32], atMost limit: Int = 20_000) -> [UInt64: Int] {
        struct File: Hashable { let device, inode: UInt64 }
        var (seen, bytes, looks): (Set<File>, [UInt64: Int], Int) = ([], [:], 0)
        for pid in pids {
            for name in (try? FileSystem.names(in: "/proc/\(pid)/fd")) ?? [] {
                looks += 1
                guard looks <= limit else { return bytes }
                var facts = stat()
                // What it names is the open file itself, wherever its name would lead by now.
                guard stat("/proc/\(pid)/fd/\(name)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_nlink == 0,
                    seen.insert(File(device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino))).inserted
                else { continue }
                let sum = bytes[UInt64(facts.st_dev), default: 0].addingReportingOverflow(Int(facts.st_blocks) * 512)
                bytes[UInt64(facts.st_dev)] = sum.overflow ? .max : sum.partialValue
            }
        }
        return bytes
    }

    /// What is written in a folder of memory that processes have of their own, in bytes; zero when none of them may be looked into.
    ///
    /// - Parameters:
    ///   - folder: Where it is mounted for them; they can't put anything else there.
    ///   - pids: Of which any will do.
    /// - Returns: Bytes.
    package static func usedBytes(ofMemoryAt folder: String, seenBy pids: [Int32]) -> Int {
        let ours = (try? FolderStorage(of: folder))?.device
        for pid in pids.reversed() {
            // One that isn't in there yet, or never is, sees this process's own.
            guard let storage = try? FolderStorage(of: "/proc/\(pid)/root\(folder)"), storage.device != ours else { continue }
            return storage.isMemoryBacked ? max(0, storage.totalBytes - storage.emptyBytes) : 0
        }
        return 0
    }
}

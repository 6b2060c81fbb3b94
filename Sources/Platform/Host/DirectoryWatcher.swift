internal import CLinux
package import Dispatch
internal import Glibc

/// Tells which files in one folder were written, made, moved in or deleted, as the kernel reports it (inotify).
///
/// - SeeAlso: inotify(7)
package final class DirectoryWatcher: @unchecked Sendable {
    // @unchecked: set once, in init; a dispatch source may be cancelled from any thread.
    private let source: any DispatchSourceRead

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - folder: Must exist.
    ///   - queue: Where `onChange` is called, serially.
    ///   - onChange: The name of the file inside the folder, or nil when the kernel's queue overflowed: look at everything.
    /// - Throws: ``HostError`` when the folder is missing or the user's inotify limit is reached.
    package init(
        folder: String,
        queue: DispatchQueue,
        onChange: @escaping @Sendable (String?) -> Void
    ) throws(HostError) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "watch", path: folder) }
        let mask = UInt32(IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE)
        guard inotify_add_watch(descriptor, folder, mask) >= 0 else {
            let number = errno
            close(descriptor)
            throw HostError(errno: number, doing: "watch", path: folder)
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { for name in Self.names(from: descriptor) { onChange(name) } }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// Drains the kernel's queue; one entry per name, in order of first mention.
    private static func names(from descriptor: Int32) -> [String?] {
        var names: [String?] = []
        // 4 KB hold at least 15 events with the longest possible name.
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                let headerSize = MemoryLayout<inotify_event>.size
                while offset + headerSize <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let bytes = buffer[(offset + headerSize)..<(offset + headerSize + Int(event.len))]
                    offset += headerSize + Int(event.len)
                    let overflowed = event.mask & UInt32(IN_Q_OVERFLOW) != 0
                    let name = overflowed ? nil : String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                    if !names.contains(name) { names.append(name) }
                }
            }
        }
        return names
    }
}

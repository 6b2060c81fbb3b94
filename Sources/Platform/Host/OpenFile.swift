internal import CLinux
internal import Glibc

/// A file that is open for reading.
package final class OpenFile: Sendable {
    /// Closed with this object.
    package let descriptor: Int32
    private let path: String

    /// Opens a file; it must exist.
    package init(reading path: String) throws(HostError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "read", path: path) }
        self.descriptor = descriptor
        self.path = path
    }

    /// Takes over an open descriptor.
    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Where programs of the same user find it while this process lives, when they are not to be handed a descriptor.
    package var descriptorPath: String { "/proc/\(getpid())/fd/\(descriptor)" }

    /// Its size now.
    package var byteCount: Int {
        var facts = stat()
        return fstat(descriptor, &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// Another descriptor of the same open file, for a library that closes it; nil when no more can be opened.
    package func duplicateDescriptor() -> Int32? {
        let copy = slipway_duplicate_above(descriptor, 3)
        return copy >= 0 ? copy : nil
    }

    /// Reads what is there.
    ///
    /// - Parameters:
    ///   - offset: Where to begin; beyond the end there is nothing.
    ///   - limit: The most that is read, in bytes.
    /// - Returns: What was there, up to the limit.
    /// - Throws: ``HostError``
    package func read(from offset: Int, limit: Int = .max) throws(HostError) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < limit {
            let wanted = min(limit - result.count, max(64 * 1024, byteCount - offset - result.count + 1))
            var count = 0
            let position = offset + result.count
            let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, used in
                repeat { count = pread(descriptor, buffer.baseAddress, wanted, off_t(position)) } while count < 0 && errno == EINTR
                used = max(0, count)
            }
            guard count >= 0 else { throw HostError(errno: errno, doing: "read", path: path) }
            if count == 0 { break }
            if result.isEmpty { result = piece } else { result += piece }
        }
        return result
    }
}

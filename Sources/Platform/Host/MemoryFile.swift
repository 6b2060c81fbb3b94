internal import CLinux
internal import Glibc

/// Bytes in an open descriptor and nowhere else: to hand a child what must not stand on its command line.
///
/// - SeeAlso: memfd_create(2)
package final class MemoryFile: Sendable {
    /// To be named in ``ChildProcess/Command/inherited``; read from the start by the first child that gets it.
    package let descriptor: Int32

    /// Makes the file and sets its position to the start.
    package init(_ bytes: [UInt8]) throws(HostError) {
        descriptor = slipway_memory_file("slipway")
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "make", path: "a memory file") }
        // As any file with a secret: programs that look at the mode of a key refuse one that others could read.
        fchmod(descriptor, 0o600)
        try FileSystem.writeAll(bytes, to: descriptor, path: "a memory file")
        lseek(descriptor, 0, SEEK_SET)
    }

    /// Takes over a descriptor that this process was started with; nil when there is none.
    package init?(inherited descriptor: Int32) {
        guard FileFacts(descriptor: descriptor) != nil else { return nil }
        self.descriptor = descriptor
    }

    /// Writes other bytes in place of those that are there; who reads meanwhile may see half of both.
    package func replace(_ bytes: [UInt8]) throws(HostError) {
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, ftruncate(descriptor, bytes.count) == 0 else {
            throw HostError(errno: errno, doing: "write", path: "a memory file")
        }
    }

    /// All that is in it now; nothing when it can't be read.
    package var content: [UInt8] {
        let count = FileFacts(descriptor: descriptor)?.byteCount ?? 0
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            used = max(0, pread(descriptor, buffer.baseAddress, count, 0))
        }
    }

    /// Where programs of the same user find it while this process lives, when they can't be handed a descriptor.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    deinit { close(descriptor) }
}

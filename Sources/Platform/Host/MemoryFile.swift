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
        try FileSystem.writeAll(bytes, to: descriptor, path: "a memory file")
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }
}

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

    /// Where programs of the same user find it while this process lives, when they can't be handed a descriptor.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    deinit { close(descriptor) }
}

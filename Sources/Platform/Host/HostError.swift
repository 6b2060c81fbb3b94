internal import Glibc

/// A refused or failed call to the operating system.
package struct HostError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system's error number; errno(3).
    package let errno: Int32
    /// What was tried, as a verb: `open`, `watch`, `start`.
    package let doing: String
    /// The file or program it was tried on.
    package let path: String

    package init(errno: Int32, doing: String, path: String) {
        self.errno = errno
        self.doing = doing
        self.path = path
    }

    /// The system's own sentence for ``errno``.
    package var systemMessage: String { String(cString: strerror(errno)) }

    /// The file system or a quota on it is full.
    package var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }
    package var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }

    /// Something else lies where a plain file or folder of the expected owner should be; only ``HeldFolder`` looks so closely.
    package var isForeign: Bool { [ELOOP, EXDEV, EMLINK, ENXIO, EISDIR, ENOTDIR, EPERM].contains(errno) }

    package var description: String { "can't \(doing) \(path): \(systemMessage)" }
}

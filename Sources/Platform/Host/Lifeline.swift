internal import CLinux
internal import Glibc

/// A pipe that nobody writes to: who holds its reading end reads the end of it once this object, or this process, is gone.
///
/// Unlike `PR_SET_PDEATHSIG` it also reaches what runs as another user or in another namespace.
package final class Lifeline: Sendable {
    /// For the child, as its input; it stays this object's.
    package let reading: Int32
    private let writing: Int32

    /// Makes the pipe; no child gets the writing end, as ``ChildProcess`` closes what it isn't told to pass on.
    package init() throws(HostError) {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw HostError(errno: errno, doing: "make", path: "a pipe") }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }
}

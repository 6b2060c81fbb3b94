internal import CLinux
internal import Dispatch
internal import Glibc

/// A lock on a file, held until this object goes: the system gives it up when the process dies, however it dies.
///
/// - SeeAlso: flock(2)
package final class FileLock: Sendable {
    package enum Mode: Sendable {
        /// Any number may hold it at once.
        case shared
        case exclusive
    }

    package let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes the lock when it is free.
    ///
    /// - Parameters:
    ///   - path: The file, which is made when missing.
    ///   - mode: Shared or exclusive.
    /// - Returns: Nil when someone else holds it.
    /// - Throws: ``HostError`` when the file can't be opened.
    package static func take(_ path: String, _ mode: Mode = .exclusive) throws(HostError) -> FileLock? {
        let lock = FileLock(path: path, descriptor: try opened(path))
        if slipway_flock(lock.descriptor, operation(mode) | LOCK_NB) == 0 { return lock }
        guard errno == EWOULDBLOCK else { throw HostError(errno: errno, doing: "lock", path: path) }
        return nil
    }

    /// Waits for the lock, off the caller's thread.
    ///
    /// - Parameters:
    ///   - path: The file, which is made when missing.
    ///   - mode: Shared or exclusive.
    /// - Returns: The held lock.
    /// - Throws: ``HostError`` when the file can't be opened.
    package static func wait(_ path: String, _ mode: Mode = .exclusive) async throws(HostError) -> FileLock {
        let lock = FileLock(path: path, descriptor: try opened(path))
        let operation = operation(mode)
        let failed = await withCheckedContinuation { (continuation: CheckedContinuation<Int32, Never>) in
            DispatchQueue.global().async {
                var result: Int32 = 0
                repeat { result = slipway_flock(lock.descriptor, operation) } while result != 0 && errno == EINTR
                continuation.resume(returning: result == 0 ? 0 : errno)
            }
        }
        guard failed == 0 else { throw HostError(errno: failed, doing: "lock", path: path) }
        return lock
    }

    /// Gives the lock up now.
    package func release() { _ = slipway_flock(descriptor, LOCK_UN) }

    private static func operation(_ mode: Mode) -> Int32 { mode == .shared ? LOCK_SH : LOCK_EX }

    private static func opened(_ path: String) throws(HostError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "lock", path: path) }
        return descriptor
    }
}

internal import Glibc

/// Tells the service manager that started this process, systemd, how the process stands.
///
/// - SeeAlso: sd_notify(3)
package enum ServiceManager {
    /// What it can be told.
    package enum News: String {
        /// The service does its work from now on: who waits for its start goes on.
        case ready = "READY=1"
        /// The service comes to its end, by itself or because it was told to.
        case stopping = "STOPPING=1"
    }

    /// Tells it.
    ///
    /// - Parameters:
    ///   - news: What it is to know.
    ///   - environment: Its `NOTIFY_SOCKET` says where; without one nobody wants to know.
    /// - Returns: Whether somebody was told. Nothing can be done about a manager that doesn't listen; it says itself what it missed.
    @discardableResult
    package static func tell(_ news: News, environment: [String: String]) -> Bool {
        guard let path = environment["NOTIFY_SOCKET"], let (address, length) = address(of: path) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(news.rawValue.utf8)
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), generic, length) == bytes.count
            }
        }
    }

    /// A path, or with `@` in front a name that is no file; nil for what can be neither.
    private static func address(of path: String) -> (sockaddr_un, socklen_t)? {
        var bytes = Array(path.utf8)
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@") else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        // The length counts: a name that is no file would have the zeros behind it, too.
        let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + bytes.count
        return fits ? (address, socklen_t(length)) : nil
    }
}

internal import CLinux
internal import Glibc
internal import Host

/// A socket that takes connections, open and listening.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let listener: Listener
    /// What clients connect to: with the real port.
    let address: ListeningAddress
    private let unixFile: (path: String, device: UInt64, inode: UInt64)?

    /// Opens it.
    ///
    /// - Parameter listener: Where.
    /// - Throws: ``WebServerError``
    init(_ listener: Listener) throws(WebServerError) {
        self.listener = listener
        switch listener {
        case .tcp(let host, let port, let tls):
            let (descriptor, realPort) = try Self.openTCP(host, port)
            self.descriptor = descriptor
            address = .tcp(host: host, port: realPort, isEncrypted: tls != nil)
            unixFile = nil
        case .unix(let path):
            descriptor = try Self.openUnix(path)
            address = .unix(path: path)
            var facts = stat()
            unixFile = stat(path, &facts) == 0 ? (path, UInt64(facts.st_dev), UInt64(facts.st_ino)) : nil
        }
    }

    /// Closes it, and removes the socket's file, unless another server has put its own there meanwhile.
    func close() {
        if let unixFile {
            var facts = stat()
            if stat(unixFile.path, &facts) == 0, UInt64(facts.st_dev) == unixFile.device, UInt64(facts.st_ino) == unixFile.inode {
                unlink(unixFile.path)
            }
        }
        Glibc.close(descriptor)
    }

    // MARK: - TCP

    private static func openTCP(_ host: String, _ port: Int) throws(WebServerError) -> (Int32, Int) {
        guard (0...65_535).contains(port) else { throw WebServerError(.badHost("port \(port)")) }
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else { throw WebServerError(.badHost(host)) }
        defer { freeaddrinfo(found) }
        let info = first.pointee
        let type = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, type, info.ai_protocol)
        guard descriptor >= 0 else { throw failure(place) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        // `::` then takes IPv4, too.
        var zero: Int32 = 0
        if info.ai_family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, 4) }
        guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 4096) == 0 else {
            let error = failure(place, host: host)
            Glibc.close(descriptor)
            throw error
        }
        return (descriptor, boundPort(descriptor) ?? port)
    }

    private static func boundPort(_ descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            guard pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, { getsockname(descriptor, $0, &length) }) == 0 else {
                return nil
            }
            // The port lies at the same place in both kinds of address.
            return Int(UInt16(bigEndian: UnsafeRawPointer(pointer).load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    private static func failure(_ place: String, host: String = "") -> WebServerError {
        switch errno {
        case EADDRINUSE: WebServerError(.addressInUse(place))
        case EACCES, EPERM: WebServerError(.notAllowed(place))
        case EADDRNOTAVAIL: WebServerError(.badHost(host))
        default: WebServerError(.failed("\(HostError(errno: errno, doing: "listen on", path: place))"))
        }
    }

    // MARK: - Unix

    private static func openUnix(_ path: String) throws(WebServerError) -> Int32 {
        guard var address = unixAddress(path) else {
            throw WebServerError(.badSocketPath("the socket's path \(path) is longer than 107 bytes: choose a shorter folder"))
        }
        try removeStale(path, &address)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path) }
        // The mode of the socket itself becomes the file's, so that there is no moment in which others may connect; unix(7).
        fchmod(descriptor, 0o600)
        guard bindUnix(descriptor, &address, bind) == 0, chmod(path, 0o600) == 0, listen(descriptor, 4096) == 0 else {
            let error = errno == ENOENT || errno == ENOTDIR ? fileError(path) : failure(path)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func fileError(_ path: String) -> WebServerError {
        WebServerError(.file(HostError(errno: errno, doing: "make", path: path)))
    }

    /// Removes a socket on which nobody listens.
    private static func removeStale(_ path: String, _ address: inout sockaddr_un) throws(WebServerError) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFSOCK else {
            throw WebServerError(.badSocketPath("\(path) is there already and is no socket: remove it, or choose another path"))
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        defer { Glibc.close(probe) }
        if bindUnix(probe, &address, connect) == 0 || errno == EAGAIN { throw WebServerError(.addressInUse(path)) }
        guard errno == ECONNREFUSED else { throw failure(path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw fileError(path) }
    }

    private static func unixAddress(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard !bytes.isEmpty, bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        return isShort ? address : nil
    }

    private static func bindUnix(
        _ descriptor: Int32,
        _ address: inout sockaddr_un,
        _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                call(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

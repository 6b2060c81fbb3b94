internal import Glibc

/// Ports of this machine that only this machine reaches.
package enum LoopbackPort {
    /// A port of 127.0.0.1 that is free now; somebody else may take it at any time.
    ///
    /// - Throws: ``HostError`` when no descriptor or port is left.
    package static func free() throws(HostError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: "a socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw HostError(errno: errno, doing: "bind", path: "127.0.0.1") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

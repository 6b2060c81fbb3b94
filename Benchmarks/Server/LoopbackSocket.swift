import CLinux
import Glibc

/// A connection to a server on this machine whose calls wait.
final class LoopbackSocket: @unchecked Sendable {
    // @unchecked: the descriptor never changes; one thread at a time uses it.
    let descriptor: Int32

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: The server's, on 127.0.0.1.
    ///   - neighbour: From 127.0.0.1, or another address of this machine: a server limits how many come from one.
    /// - Throws: ``Rig/Failure`` with the system's words.
    init(port: Int, neighbour: UInt8 = 1) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("no socket") }
        self.descriptor = descriptor
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        // Else each bound socket would use up a port of its own.
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, 4)
        guard Self.call(bind, descriptor, neighbour, 0) == 0 else { throw Self.failure("bind") }
        guard Self.call(connect, descriptor, 1, UInt16(port)) == 0 else { throw Self.failure("connect") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("send") }
            rest = rest.dropFirst(count)
        }
    }

    /// What is there, at least a byte; nothing: the server has closed.
    func read() throws -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 16 * 1024) { buffer, initialized in
                count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("recv") }
            return bytes
        }
    }

    /// Ends a read that waits on another thread.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private typealias Call = (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32

    private static func call(_ function: Call, _ descriptor: Int32, _ host: UInt8, _ port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    static func failure(_ what: String) -> Rig.Failure { Rig.Failure(description: "\(what): \(String(cString: strerror(errno)))") }
}

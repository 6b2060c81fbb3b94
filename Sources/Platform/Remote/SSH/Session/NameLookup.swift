internal import CLinux
internal import Glibc
internal import Host
internal import Synchronization

/// Looks the addresses of a host up, on a thread of its own where it has to ask somebody: getaddrinfo(3) can't be interrupted.
final class NameLookup: Sendable {
    /// An address for connect(2).
    struct Target: Sendable {
        let family: Int32
        let bytes: [UInt8]
    }

    enum Outcome: Sendable {
        case found([Target])
        case failed(String)
    }

    private let outcome = Mutex<Outcome?>(nil)

    var result: Outcome? { outcome.withLock { $0 } }

    /// Begins.
    ///
    /// - Parameters:
    ///   - address: Whose.
    ///   - done: Called when the result is there; at once for an IP address.
    init(_ address: SSHAddress, done: @escaping @Sendable () -> Void) {
        if case .found(let targets) = Self.look(address, flags: AI_NUMERICHOST | AI_NUMERICSERV) {
            outcome.withLock { $0 = .found(targets) }
            return
        }
        let failed = DetachedThread.start(stackByteCount: 512 * 1024) { [self] in
            let found = Self.look(address, flags: AI_NUMERICSERV | AI_ADDRCONFIG)
            outcome.withLock { $0 = found }
            done()
        }
        if failed != 0 { outcome.withLock { $0 = .failed(String(cString: strerror(failed))) } }
    }

    private static func look(_ address: SSHAddress, flags: Int32) -> Outcome {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let list else { return .failed(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        let targets = sequence(first: list, next: { $0.pointee.ai_next }).compactMap { entry -> Target? in
            guard let bytes = entry.pointee.ai_addr else { return nil }
            return Target(
                family: entry.pointee.ai_family,
                bytes: Array(UnsafeRawBufferPointer(start: bytes, count: Int(entry.pointee.ai_addrlen)))
            )
        }
        return .found(targets)
    }
}

internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address; IPv4 is kept as IPv6 maps it (`::ffff:0:0/96`), so that one client has one value.
struct IPAddress: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    private static let mapping: UInt64 = 0xFFFF_0000_0000

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Reads an address without port and brackets.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(ipv4: four)
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(ipv6: six)
    }

    /// The address in what `accept` gives; nil for a Unix socket.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            self.init(ipv4: withUnsafePointer(to: &storage) { UnsafeRawPointer($0).loadUnaligned(as: sockaddr_in.self).sin_addr })
        case AF_INET6:
            self.init(ipv6: withUnsafePointer(to: &storage) { UnsafeRawPointer($0).loadUnaligned(as: sockaddr_in6.self).sin6_addr })
        default: return nil
        }
    }

    private init(ipv4: in_addr) {
        high = 0
        low = Self.mapping | UInt64(UInt32(bigEndian: ipv4.s_addr))
    }

    private init(ipv6: in6_addr) {
        (high, low) = withUnsafeBytes(of: ipv6) { bytes in
            (UInt64(bigEndian: bytes.load(as: UInt64.self)), UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// As people write it.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        } else {
            var words = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &words, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

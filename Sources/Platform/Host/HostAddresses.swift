internal import Glibc

/// The addresses of this machine.
package enum HostAddresses {
    /// The IPv4 addresses of all interfaces of this process's network namespace, as numbers in the order of their digits.
    ///
    /// - Throws: ``HostError`` when the kernel doesn't tell.
    /// - SeeAlso: getifaddrs(3)
    package static func ipv4() throws(HostError) -> [UInt32] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { throw HostError(errno: errno, doing: "list", path: "the network's interfaces") }
        defer { freeifaddrs(first) }
        var found: [UInt32] = []
        var next = first
        while let entry = next?.pointee {
            if let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) {
                found.append(address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt32(bigEndian: $0.pointee.sin_addr.s_addr) })
            }
            next = entry.ifa_next
        }
        return found
    }
}

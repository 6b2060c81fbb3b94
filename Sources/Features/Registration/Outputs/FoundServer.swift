/// A machine as a deployment's outputs describe it.
package struct FoundServer: Sendable, Hashable {
    /// An IP address or a host's name, without a port.
    package var address: String
    package var port = 22
    /// Who logs in first; nil: the provider's standard.
    package var user: String?
    package var name: String?
    /// What its cloud calls it: `i-0abc`.
    package var instanceID: String?
    package var hostname: String?
    package var privateIP: String?
    package var provider: String?
    package var region: String?
    /// Its SSH server's keys, each `type base64`; empty: nobody said them.
    package var hostKeys: [String] = []

    package init(address: String) { self.address = address }

    /// `203.0.113.7`, or `203.0.113.7:2222` on another port than 22.
    package var place: String { ServerPlace.text(address, port) }
}

/// All that a deployment's outputs say about its machines.
package struct FoundServers: Sendable, CustomStringConvertible {
    /// In the order of the outputs; none: the outputs say that there are none.
    package var servers: [FoundServer]
    /// Private keys that Terraform made, for the first contact; never stored, logged or shown.
    package var privateKeys: [[UInt8]]

    package var description: String { "\(servers.count) servers" }
}

/// How an address is written.
package enum ServerPlace {
    package static func text(_ address: String, _ port: Int) -> String {
        guard port != 22 else { return address }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

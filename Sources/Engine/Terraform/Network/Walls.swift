internal import Domain

/// Which addresses a filtered run doesn't reach.
struct Walls: Sendable, Hashable {
    /// Ranges that no packet passes; the longest of all that an address lies in decides.
    let closed: [AddressRange]
    /// Ranges that are open though they lie in a closed one.
    let open: [AddressRange]

    /// Builds the walls.
    ///
    /// An allowed range opens all that lies in it but for this machine's own addresses and the metadata of clouds: those are opened by an entry
    /// for that very address, so that nobody who allows a network allows them unawares.
    ///
    /// - Parameters:
    ///   - allowed: What is open by name.
    ///   - own: The addresses of this machine.
    init(allowing allowed: [AddressRange], own: [AddressRange]) {
        let allowed = Set(allowed.filter { !$0.isNeverOpen })
        let single = Set(own + Self.metadata).subtracting(allowed).filter { !$0.isNeverOpen }
        let ranges = Self.ranges.filter { range in !allowed.contains { $0.contains(range) } }
        closed = AddressRange.neverOpen + ranges + single.sorted { $0.first < $1.first }
        open = allowed.sorted { ($0.first, $0.length) < ($1.first, $1.length) }
    }

    /// Where clouds tell a machine its own secrets; each by its own name, though most lie in a closed range anyway.
    private static let metadata = [
        // AWS, Azure, Google (metadata.google.internal), DigitalOcean, Hetzner, OpenStack and others; AWS's containers, its pods, its time and
        // its name server.
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.169.123", "169.254.169.253",
        // Alibaba Cloud; Azure's agent, which has a public address. Oracle Cloud's older one lies in a range that is never open.
        "100.100.100.200", "168.63.129.16",
    ].compactMap { AddressRange($0) }

    /// What is not the Internet (RFC 6890): private, shared by a provider's customers, link-local, for measurements within a network.
    private static let ranges = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"]
        .compactMap { AddressRange($0) }
}

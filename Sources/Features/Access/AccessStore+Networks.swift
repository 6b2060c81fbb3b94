package import Audit
package import Domain
internal import Storage

extension AccessStore {
    /// Sets what an organization's runs reach.
    ///
    /// Runs that have begun keep what they have.
    ///
    /// - Parameters:
    ///   - mode: Nil leaves it as it is.
    ///   - allowed: What a filtered network reaches though it is closed otherwise, each a CIDR or an address; nil leaves it as it is.
    ///   - id: Whose runs.
    ///   - author: For the audit log.
    /// - Returns: The organization as it is now.
    /// - Throws: ``AccessError`` for a range that can't be opened, or when there is no such organization.
    @discardableResult
    package func setNetwork(
        _ mode: NetworkMode?,
        allowing allowed: [String]?,
        of id: OrganizationID,
        by author: Author
    ) async throws -> Organization {
        let allowed = try allowed.map(Self.ranges)
        return try await setNetwork(of: id, by: author) { (mode ?? $0.network, allowed ?? $0.allowedRanges) }
    }

    /// Gives an organization's runs the network that is configured for all, and allows nothing.
    ///
    /// - Throws: ``AccessError`` when there is no such organization.
    @discardableResult
    package func resetNetwork(of id: OrganizationID, by author: Author) async throws -> Organization {
        try await setNetwork(of: id, by: author) { _ in (nil, []) }
    }

    // MARK: - Details

    private static let mostRanges = 100

    private func setNetwork(
        of id: OrganizationID,
        by author: Author,
        _ wanted: @escaping @Sendable (Organization) -> (NetworkMode?, [AddressRange])
    ) async throws -> Organization {
        let time = now()
        return try await change { [audit] transaction in
            let old = try Self.locked(id, in: transaction)
            let (mode, allowed) = wanted(old)
            guard mode != old.network || allowed != old.allowedRanges else { return old }
            let row = try transaction.first(
                """
                UPDATE organizations SET network = \(mode), network_allow = \(try AddressRange.text(of: allowed))
                WHERE id = \(id)
                RETURNING \(sql: Organization.columns)
                """
            )
            try audit.append(
                "organization.network_changed",
                of: "organization:\(id)",
                by: author,
                organization: id,
                details: ["network": mode?.rawValue ?? "default", "allow": allowed.map(\.description).joined(separator: " ")],
                at: time,
                in: transaction
            )
            return try row.map(Organization.init) ?? old
        }
    }

    private static func ranges(_ texts: [String]) throws -> [AddressRange] {
        guard texts.count <= mostRanges else {
            throw AccessError(.invalid, "At most \(mostRanges) ranges can be allowed: put neighbours together.")
        }
        var ranges: [AddressRange] = []
        for text in texts {
            guard let range = AddressRange(text) else {
                let shown = text.prefix(60).filter { $0.isASCII && $0 >= " " }
                throw AccessError(
                    .invalid,
                    text.contains(":")
                        ? "'\(shown)' is an IPv6 address or range: filtered runs have IPv4 only, so leave it out."
                        : "'\(shown)' is not a range of IPv4 addresses: write it as 10.20.0.0/16 (its first address, then the bits), or one address."
                )
            }
            guard !range.isNeverOpen else {
                throw AccessError(
                    .invalid,
                    "\(range) can't be allowed: no other machine has such an address. What listens on a server's loopback needs the network 'host', "
                        + "or has to listen on an address of its own that is allowed."
                )
            }
            if !ranges.contains(range) { ranges.append(range) }
        }
        return ranges
    }
}

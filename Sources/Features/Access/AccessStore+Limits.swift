package import Audit
package import Domain
internal import Storage

extension AccessStore {
    /// Sets what each of an organization's runs may take of the machine.
    ///
    /// Runs that have begun keep what they have.
    ///
    /// - Parameters:
    ///   - changes: The amounts; nil for a limit resets it to what is configured for all, and one that is left out stays as it is.
    ///   - id: Whose runs.
    ///   - author: For the audit log.
    /// - Returns: The organization as it is now.
    /// - Throws: ``AccessError`` for an amount that is not possible, or when there is no such organization.
    @discardableResult
    package func setLimits(_ changes: [RunLimit: Double?], of id: OrganizationID, by author: Author) async throws -> Organization {
        for case (let limit, let amount?) in changes where !limit.allows(amount) {
            throw AccessError(.invalid, "The limit '\(limit.rawValue)' must be \(limit.wanted).")
        }
        return try await setLimits(of: id, by: author) { limits in
            for (limit, amount) in changes { limits[limit] = amount }
        }
    }

    /// Gives each of an organization's runs what is configured for all.
    ///
    /// - Throws: ``AccessError`` when there is no such organization.
    @discardableResult
    package func resetLimits(of id: OrganizationID, by author: Author) async throws -> Organization {
        try await setLimits(of: id, by: author) { $0 = OwnLimits() }
    }

    // MARK: - Details

    private func setLimits(
        of id: OrganizationID,
        by author: Author,
        _ change: @escaping @Sendable (inout OwnLimits) -> Void
    ) async throws -> Organization {
        let time = now()
        return try await self.change { [audit] transaction in
            let old = try Self.locked(id, in: transaction)
            var limits = old.limits
            change(&limits)
            guard limits != old.limits else { return old }
            let row = try transaction.first(
                """
                UPDATE organizations
                SET run_memory = \(limits.whole(.memory)), run_processes = \(limits.whole(.processes)), run_files = \(limits.whole(.files)),
                    run_disk = \(limits.whole(.disk)), run_log = \(limits.whole(.log)), run_processors = \(limits[.processors])
                WHERE id = \(id)
                RETURNING \(sql: Organization.columns)
                """
            )
            let details = RunLimit.allCases.map { ($0.rawValue, limits[$0].map($0.text) ?? "default") }
            try audit.append(
                "organization.limits_changed",
                of: "organization:\(id)",
                by: author,
                organization: id,
                details: Dictionary(details) { first, _ in first },
                at: time,
                in: transaction
            )
            return try row.map(Organization.init) ?? old
        }
    }
}

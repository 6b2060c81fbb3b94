package import Audit
package import Domain
internal import FoundationEssentials
internal import Jobs
package import Storage

extension AccessStore {
    /// An organization's licence; nil: no limits, and no features.
    package func licence(of organization: OrganizationID) async throws -> Licence? {
        try await database.read { try Self.licence(of: organization, in: $0) }
    }

    /// Gives an organization a licence, or another one, or takes it away with nil.
    ///
    /// Its number of runs at once also binds the workers: more wait in the queue.
    ///
    /// - Throws: ``AccessError`` for a number out of range, or when there is no such organization.
    package func setLicence(_ licence: Licence?, of organization: OrganizationID, by author: Author) async throws {
        let time = now()
        if let licence {
            guard licence.maximumServers ?? 0 >= 0, licence.maximumConcurrentRuns ?? 1 >= 1 else {
                throw AccessError(.invalid, "A licence allows 0 or more servers, and 1 or more runs at once; leave a limit out for none.")
            }
            for feature in licence.features.keys { try Self.check(feature, is: "feature") }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let features = String(decoding: try encoder.encode(licence?.features ?? [:]), as: UTF8.self)
        try await change { [audit, jobs] transaction in
            _ = try Self.locked(organization, in: transaction)
            if let licence {
                try transaction.execute(
                    """
                    INSERT INTO licenses (organization_id, max_servers, max_concurrent_runs, features, created_at, updated_at)
                    VALUES (\(organization), \(licence.maximumServers), \(licence.maximumConcurrentRuns), \(features), \(time), \(time))
                    ON CONFLICT (organization_id) DO UPDATE
                    SET max_servers = excluded.max_servers, max_concurrent_runs = excluded.max_concurrent_runs,
                        features = excluded.features, updated_at = excluded.updated_at
                    """
                )
            } else {
                try transaction.execute("DELETE FROM licenses WHERE organization_id = \(organization)")
            }
            try jobs.setLimit(licence?.maximumConcurrentRuns, for: organization, in: transaction)
            try audit.append(
                licence == nil ? "licence.removed" : "licence.changed",
                of: "organization:\(organization)",
                by: author,
                organization: organization,
                details: [
                    "maxServers": licence?.maximumServers.map(String.init) ?? "",
                    "maxConcurrentRuns": licence?.maximumConcurrentRuns.map(String.init) ?? "",
                    "features": licence == nil ? "" : features,
                ],
                at: time,
                in: transaction
            )
        }
    }

    /// Whether an organization has as many runs as its licence allows: those that work, are about to, or try again.
    ///
    /// Plans that wait for a decision don't count. Exact when it is asked in the transaction that adds the run: until that ends, others
    /// who ask for the same organization wait. It locks the licence's row, hence needs a transaction that may write.
    ///
    /// - Throws: ``StorageError``.
    package static func isConcurrencyReached(by organization: OrganizationID, in transaction: Transaction) throws -> Bool {
        let row = try transaction.first(
            """
            SELECT max_concurrent_runs FROM licenses
            WHERE organization_id = \(organization)\(sqlite: "", postgres: " FOR UPDATE")
            """
        )
        guard let limit = try row?.value("max_concurrent_runs", as: Int?.self) else { return false }
        let runs = try transaction.first(
            """
            SELECT COUNT(*) AS count FROM jobs
            WHERE organization_id = \(organization) AND queue = \(QueueName.terraform) AND status IN ('pending', 'processing', 'retrying')
            """
        )
        return try runs?.value("count", as: Int.self) ?? 0 >= limit
    }

    /// Refuses a run that is more than the licence allows; see ``isConcurrencyReached(by:in:)``.
    ///
    /// - Throws: ``AccessError/Reason/limitReached``.
    package static func requireRoomForRun(of organization: OrganizationID, in transaction: Transaction) throws {
        guard try isConcurrencyReached(by: organization, in: transaction) else { return }
        throw AccessError(.limitReached, "The organization has as many runs as its licence allows at once: wait for one to end.")
    }

    private static func licence(of organization: OrganizationID, in transaction: Transaction) throws -> Licence? {
        try transaction.first(
            "SELECT max_servers, max_concurrent_runs, features FROM licenses WHERE organization_id = \(organization)"
        ).map(Licence.init)
    }
}

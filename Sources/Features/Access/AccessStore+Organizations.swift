package import Audit
package import Domain
internal import FoundationEssentials
internal import Jobs
internal import Storage

extension AccessStore {
    /// The organizations in the order they were made.
    ///
    /// - Parameters:
    ///   - after: Only later ones: the last of the page before.
    ///   - limit: The page's length.
    ///   - only: Only these; nil for all.
    /// - Returns: The organizations.
    /// - Throws: ``StorageError``.
    package func organizations(
        after: OrganizationID? = nil,
        limit: Int = 100,
        only: [OrganizationID]? = nil
    ) async throws -> [Organization] {
        try await database.read { transaction in
            var condition: SQL = "id > \(after?.rawValue ?? 0)"
            if let only { condition = "\(sql: condition) AND id IN (\(list: only))" }
            return try transaction.rows(
                "SELECT \(sql: Organization.columns) FROM organizations WHERE \(sql: condition) ORDER BY id LIMIT \(max(0, limit))"
            ).map(Organization.init)
        }
    }

    /// The organization of that name, or nil.
    package func organization(named name: String) async throws -> Organization? {
        // What SQL can't take is nobody's name.
        guard !name.utf8.contains(0) else { return nil }
        return try await database.read { transaction in
            try transaction.first("SELECT \(sql: Organization.columns) FROM organizations WHERE name = \(name)").map(Organization.init)
        }
    }

    /// The organization with that id, or nil.
    package func organization(_ id: OrganizationID) async throws -> Organization? {
        try await database.read { transaction in
            try transaction.first("SELECT \(sql: Organization.columns) FROM organizations WHERE id = \(id)").map(Organization.init)
        }
    }

    /// The organization of that name.
    ///
    /// - Throws: ``AccessError/Reason/notFound``.
    package func requireOrganization(named name: String) async throws -> Organization {
        guard let found = try await organization(named: name) else {
            throw AccessError(.notFound, "There is no organization '\(name)'; `slipway org list` shows those there are.")
        }
        return found
    }

    /// Makes an organization.
    ///
    /// - Throws: ``AccessError`` for what is no name, or one that another has or had.
    @discardableResult
    package func createOrganization(named name: String, by author: Author) async throws -> Organization {
        try Self.check(name, is: "organization")
        let time = now()
        return try await change(orConflict: "There is an organization '\(name)' already, or one had that name.") { [audit] transaction in
            let row = try transaction.first(
                "INSERT INTO organizations (name, created_at) VALUES (\(name), \(time)) RETURNING \(sql: Organization.columns)"
            )
            guard let made = try row.map(Organization.init) else { throw AccessError(.conflict, "The organization was not made.") }
            try transaction.execute("INSERT INTO organization_usage (organization_id, updated_at) VALUES (\(made.id), \(time))")
            try audit.append(
                "organization.created",
                of: "organization:\(made.id)",
                by: author,
                organization: made.id,
                details: ["name": name],
                at: time,
                in: transaction
            )
            return made
        }
    }

    /// Gives an organization another name; its data stays where it is, and sealed to the first name.
    ///
    /// - Throws: ``AccessError`` for what is no name, a name that is taken, or when there is no such organization.
    @discardableResult
    package func renameOrganization(_ id: OrganizationID, to name: String, by author: Author) async throws -> Organization {
        try Self.check(name, is: "organization")
        let time = now()
        return try await change(orConflict: "There is an organization '\(name)' already, or one had that name.") { [audit] transaction in
            let old = try Self.locked(id, in: transaction)
            guard old.name != name else { return old }
            let row = try transaction.first(
                """
                UPDATE organizations SET name = \(name), sealed_as = COALESCE(sealed_as, name)
                WHERE id = \(id)
                RETURNING \(sql: Organization.columns)
                """
            )
            try audit.append(
                "organization.renamed",
                of: "organization:\(id)",
                by: author,
                organization: id,
                details: ["from": old.name, "to": name],
                at: time,
                in: transaction
            )
            return try row.map(Organization.init) ?? old
        }
    }

    /// Removes an organization in which nothing is left.
    ///
    /// Its people's places, tokens, credentials and the kept states of what was destroyed go with it; backups stay where they are.
    ///
    /// - Throws: ``AccessError/Reason/conflict`` while a job is not over, or a project has resources or was not destroyed.
    package func deleteOrganization(_ id: OrganizationID, by author: Author) async throws {
        let time = now()
        try await change { [audit] transaction in
            let old = try Self.locked(id, in: transaction)
            let job = try transaction.first(
                "SELECT id FROM jobs WHERE organization_id = \(id) AND finished_at IS NULL ORDER BY created_at, id LIMIT 1"
            )
            if let job: String = try job?.value("id") {
                throw AccessError(.conflict, "'\(old.name)' has jobs that are not over, such as \(job): cancel them or wait for them.")
            }
            let project = try transaction.first(
                """
                SELECT project FROM terraform_deployments
                WHERE organization_id = \(id) AND (resource_count > 0 OR (status <> 'destroyed' AND state_version > 0))
                ORDER BY project LIMIT 1
                """
            )
            if let project: String = try project?.value("project") {
                throw AccessError(.conflict, "'\(old.name)' is not empty: destroy its project '\(project)' first.")
            }
            try transaction.execute("DELETE FROM jobs WHERE organization_id = \(id)")
            try transaction.execute("DELETE FROM job_turns WHERE turn_of = \(id)")
            try transaction.execute("DELETE FROM organizations WHERE id = \(id)")
            try audit.append(
                "organization.deleted",
                of: "organization:\(id)",
                by: author,
                organization: id,
                details: ["name": old.name],
                at: time,
                in: transaction
            )
        }
    }

    /// The organization, which nobody else changes until the transaction ends.
    static func locked(_ id: OrganizationID, in transaction: Transaction) throws -> Organization {
        let row = try transaction.first(
            "SELECT \(sql: Organization.columns) FROM organizations WHERE id = \(id)\(sqlite: "", postgres: " FOR UPDATE")"
        )
        guard let row else { throw AccessError(.notFound, "There is no organization \(id).") }
        return try Organization(row)
    }
}

package import Audit
internal import Domain
package import FoundationEssentials
package import Sealing
package import Storage

/// Named cloud accounts of an organization: sealed, and write-only (names and providers can be read, values never).
package struct CredentialStore: Sendable {
    private let database: Database
    private let keyring: Keyring

    package init(database: Database, keyring: Keyring) {
        self.database = database
        self.keyring = keyring
    }

    /// What may be shown of one.
    package struct Summary: Sendable, Hashable, Codable {
        package let name: String
        package let provider: String
        /// The names of its environment variables, sorted.
        package let variables: [String]
        package let createdAt: Date
        package let updatedAt: Date
    }

    /// Adds or replaces a credential.
    ///
    /// - Parameters:
    ///   - name: Replaces the one of that name.
    ///   - provider: `aws`, `hetzner` …; only shown.
    ///   - values: Environment variables as the provider reads them, for example `AWS_ACCESS_KEY_ID`.
    ///   - organization: Whose; made when it is missing.
    ///   - author: For the record.
    ///   - now: The time for the row.
    /// - Throws: ``ProvisioningError`` when there is no value or a name is no environment variable's.
    package func add(
        name: String,
        provider: String,
        values: [String: String],
        organization: String,
        by author: Author,
        now: Date
    ) async throws {
        guard !name.isEmpty else { throw ProvisioningError(.invalid, "Give the credential a name.") }
        guard !values.isEmpty else {
            throw ProvisioningError(.invalid, "Give at least one variable, for example --env AWS_ACCESS_KEY_ID.")
        }
        if let name = values.keys.sorted().first(where: { !Self.isVariableName($0) }) {
            throw ProvisioningError(.invalid, "'\(name)' is no name of an environment variable; use letters, digits and underscores.")
        }
        let names = String(decoding: try JSONEncoder().encode(values.keys.sorted()), as: UTF8.self)
        let plain = [UInt8](try JSONEncoder().encode(values))
        let sealingName = try await database.read { try DeploymentStore().sealingName(ofOrganization: organization, in: $0) }
        let context = SealContext.credential(organization: sealingName, name: name)
        let sealed = try Envelope.seal(plain, with: keyring, context: context, compress: false)
        try await database.write { transaction in
            let id = try DeploymentStore().organization(named: organization, now: now, in: transaction)
            try transaction.execute(
                """
                INSERT INTO cloud_provider_credentials
                    (organization_id, name, provider, variable_names, sealed_values, created_at, updated_at)
                VALUES (\(id), \(name), \(provider), \(names), \(sealed), \(now), \(now))
                ON CONFLICT (organization_id, name) DO UPDATE
                SET provider = excluded.provider, variable_names = excluded.variable_names, sealed_values = excluded.sealed_values,
                    updated_at = excluded.updated_at
                """
            )
            try AuditLog().append(
                "credential.kept",
                of: "credential:\(name)",
                by: author,
                organization: id,
                details: ["provider": provider, "variables": values.keys.sorted().joined(separator: " ")],
                at: now,
                in: transaction
            )
        }
    }

    private static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else { return false }
        return name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
        }
    }

    /// The organization's credentials by name.
    package func list(organization: String) async throws -> [Summary] {
        try await database.read { transaction in
            try transaction.rows(
                """
                SELECT c.name, c.provider, c.variable_names, c.created_at, c.updated_at
                FROM cloud_provider_credentials c JOIN organizations o ON o.id = c.organization_id
                WHERE o.name = \(organization) ORDER BY c.name
                """
            ).map { row in
                Summary(
                    name: try row.value("name"),
                    provider: try row.value("provider"),
                    variables: try JSONDecoder().decode([String].self, from: Data(row.value("variable_names", as: String.self).utf8)),
                    createdAt: try row.value("created_at"),
                    updatedAt: try row.value("updated_at")
                )
            }
        }
    }

    /// Removes a credential; false when there is none of that name.
    package func remove(name: String, organization: String, by author: Author, now: Date) async throws -> Bool {
        try await database.write { transaction in
            guard let id = try DeploymentStore().organizationID(named: organization, in: transaction) else { return false }
            let count = try transaction.execute(
                "DELETE FROM cloud_provider_credentials WHERE name = \(name) AND organization_id = \(id)"
            )
            guard count == 1 else { return false }
            try AuditLog().append(
                "credential.removed",
                of: "credential:\(name)",
                by: author,
                organization: id,
                at: now,
                in: transaction
            )
            return true
        }
    }

    /// The environment variables of all credentials of an organization: what its runs must not show.
    ///
    /// - Throws: `StorageError`; `SealingError` when one can't be opened.
    func environments(of organization: OrganizationID) async throws -> [[String: String]] {
        let stored = try await database.read { transaction in
            try transaction.rows(
                """
                SELECT c.name, c.sealed_values, COALESCE(o.sealed_as, o.name) AS sealing_name
                FROM cloud_provider_credentials c JOIN organizations o ON o.id = c.organization_id
                WHERE o.id = \(organization) ORDER BY c.name
                """
            ).map { row in
                let (name, owner): (String, String) = (try row.value("name"), try row.value("sealing_name"))
                return (
                    sealed: try row.value("sealed_values", as: [UInt8].self),
                    context: SealContext.credential(organization: owner, name: name)
                )
            }
        }
        return try stored.map { credential in
            let plain = try Envelope.open(credential.sealed, with: keyring, context: credential.context)
            return try JSONDecoder().decode([String: String].self, from: Data(plain))
        }
    }

    /// The environment variables of a credential, for a run of the same organization.
    func values(name: String, organization: String) async throws -> [String: String] {
        let stored = try await database.read { transaction -> (sealed: [UInt8], sealingName: String)? in
            try transaction.first(
                """
                SELECT c.sealed_values, COALESCE(o.sealed_as, o.name) AS sealing_name
                FROM cloud_provider_credentials c JOIN organizations o ON o.id = c.organization_id
                WHERE o.name = \(organization) AND c.name = \(name)
                """
            ).map { (try $0.value("sealed_values"), try $0.value("sealing_name")) }
        }
        guard let (sealed, sealingName) = stored else {
            throw ProvisioningError(.notFound, "There is no credential '\(name)'; `slipway credential list` shows those there are.")
        }
        let plain = try Envelope.open(sealed, with: keyring, context: SealContext.credential(organization: sealingName, name: name))
        return try JSONDecoder().decode([String: String].self, from: Data(plain))
    }
}

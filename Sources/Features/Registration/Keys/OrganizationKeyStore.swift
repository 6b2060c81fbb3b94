package import Audit
package import Domain
package import FoundationEssentials
internal import Remote
package import Sealing
package import Storage

/// The SSH keys of organizations: private parts are sealed, and leave this store for a connection only.
package struct OrganizationKeyStore: Sendable {
    private let database: Database
    private let keyring: Keyring
    private let now: @Sendable () -> Date

    package init(database: Database, keyring: Keyring, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.keyring = keyring
        self.now = now
    }

    // MARK: - Reading

    /// An organization's keys by name.
    package func keys(of organization: OrganizationID) async throws -> [OrganizationKey] {
        try await database.read { transaction in
            try transaction.rows(
                "SELECT \(sql: Self.columns) FROM ssh_keys WHERE organization_id = \(organization) ORDER BY name"
            ).map(Self.key)
        }
    }

    /// The key of that name, or nil.
    package func key(_ name: String, of organization: OrganizationID, in transaction: Transaction) throws -> OrganizationKey? {
        try transaction.first(
            "SELECT \(sql: Self.columns) FROM ssh_keys WHERE organization_id = \(organization) AND name = \(name)"
        ).map(Self.key)
    }

    /// The key of that name; the standard one is made when it is missing.
    ///
    /// - Throws: ``RegistrationError`` when there is no such key.
    package func require(_ name: String, of organization: OrganizationID, by author: Author) async throws -> OrganizationKey {
        if let key = try await database.read({ try self.key(name, of: organization, in: $0) }) { return key }
        guard name == OrganizationKey.standard else {
            throw RegistrationError(.notFound, "There is no SSH key '\(name)'; `slipway keys ssh \(name) --new` makes one.")
        }
        return try await make(name, of: organization, by: author)
    }

    /// Unseals the private part, for a connection.
    func privateKey(_ key: OrganizationKey) async throws -> SSHPrivateKey {
        var text = try await privateText(of: key)
        defer { text.wipe() }
        return try SSHPrivateKey(text)
    }

    /// Unseals the private part as OpenSSH's text: for a program that this one starts, on this machine alone.
    package func privateText(of key: OrganizationKey) async throws -> [UInt8] {
        let stored = try await database.read { transaction in
            try transaction.first(
                """
                SELECT k.sealed_private_key, COALESCE(o.sealed_as, o.name) AS sealing_name
                FROM ssh_keys k JOIN organizations o ON o.id = k.organization_id WHERE k.id = \(key.id)
                """
            ).map { (sealed: try $0.value("sealed_private_key", as: [UInt8].self), name: try $0.value("sealing_name", as: String.self)) }
        }
        guard let stored else { throw RegistrationError(.notFound, "The SSH key '\(key.name)' was removed.") }
        return try Envelope.open(stored.sealed, with: keyring, context: Self.context(stored.name, key.name))
    }

    // MARK: - Changing

    /// Makes a key pair; one that is there already is given as it is.
    ///
    /// Of two processes that do so at once the first one's is kept, by both.
    ///
    /// - Throws: ``RegistrationError`` when the name is none.
    package func make(_ name: String, of organization: OrganizationID, by author: Author) async throws -> OrganizationKey {
        guard Self.isName(name) else {
            throw RegistrationError(
                .invalid,
                "'\(name.prefix(80))' is no name of a key; use 1 to 100 letters, digits, dots, dashes and underscores."
            )
        }
        let sealingName = try await database.read { transaction -> String? in
            try transaction.first("SELECT COALESCE(sealed_as, name) AS name FROM organizations WHERE id = \(organization)")?.value("name")
        }
        guard let sealingName else { throw RegistrationError(.notFound, "The organization was removed.") }
        var pair = try SSHKeyPair.generate(comment: "slipway-\(Self.plain(sealingName))-\(name)")
        let fingerprint = try SSHHostKey(text: pair.publicKey).fingerprint
        let sealed = try Envelope.seal(pair.privateKey, with: keyring, context: Self.context(sealingName, name), compress: false)
        pair.privateKey.wipe()
        let (now, publicKey) = (now(), pair.publicKey)
        let kept = try await database.write { transaction -> OrganizationKey? in
            let made = try transaction.execute(
                """
                INSERT INTO ssh_keys (organization_id, name, public_key, fingerprint, sealed_private_key, created_by, created_at)
                VALUES (\(organization), \(name), \(publicKey), \(fingerprint), \(sealed), \(author.name), \(now))
                ON CONFLICT (organization_id, name) DO NOTHING
                """
            )
            if made == 1 {
                try AuditLog().append(
                    "ssh_key.made",
                    of: "ssh_key:\(name)",
                    by: author,
                    organization: organization,
                    details: ["fingerprint": fingerprint],
                    at: now,
                    in: transaction
                )
            }
            return try key(name, of: organization, in: transaction)
        }
        guard let kept else { throw RegistrationError(.conflict, "The SSH key '\(name)' was removed meanwhile; try again.") }
        return kept
    }

    /// Removes a key that no server needs.
    ///
    /// - Throws: ``RegistrationError`` when there is none, or a server is opened with it.
    package func remove(_ name: String, of organization: OrganizationID, by author: Author) async throws {
        let now = now()
        try await database.write { transaction in
            guard let key = try key(name, of: organization, in: transaction) else {
                throw RegistrationError(.notFound, "There is no SSH key '\(name)'.")
            }
            if let user = try transaction.first("SELECT name FROM servers WHERE ssh_key_id = \(key.id) ORDER BY name LIMIT 1") {
                let server: String = try user.value("name")
                throw RegistrationError(
                    .conflict,
                    "The server '\(server)' is opened with the key '\(name)'; register it with another first."
                )
            }
            try transaction.execute("DELETE FROM ssh_keys WHERE id = \(key.id)")
            try AuditLog().append(
                "ssh_key.removed",
                of: "ssh_key:\(name)",
                by: author,
                organization: organization,
                details: ["fingerprint": key.fingerprint],
                at: now,
                in: transaction
            )
        }
    }

    // MARK: - Details

    private static let columns: SQL = "id, organization_id, name, public_key, fingerprint, created_by, created_at"

    private static func key(_ row: Row) throws -> OrganizationKey {
        OrganizationKey(
            id: try row.value("id"),
            organization: try row.value("organization_id"),
            name: try row.value("name"),
            publicKey: try row.value("public_key"),
            fingerprint: try row.value("fingerprint"),
            createdBy: try row.value("created_by"),
            createdAt: try row.value("created_at")
        )
    }

    /// As `SealedColumns` has it.
    private static func context(_ organization: String, _ name: String) -> String { "ssh-key/\(organization)/\(name)" }

    private static func isName(_ name: String) -> Bool {
        guard 1...100 ~= name.utf8.count, let first = name.utf8.first, OutputFacts.isLetterOrDigit(first) else { return false }
        return name.utf8.allSatisfy {
            OutputFacts.isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
        }
    }

    /// What a comment in a key may hold.
    private static func plain(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_") ? $0 : "-" })
    }
}

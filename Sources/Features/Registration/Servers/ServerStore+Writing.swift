internal import Audit
internal import Domain
internal import Events
internal import FoundationEssentials
internal import Provisioning
internal import Storage

extension ServerStore {
    // MARK: - Registering

    /// Gives a machine its row: the one that it has, known by its instance or its address, or a new one.
    ///
    /// A row whose instance is another than the machine's was the machine's predecessor at that address: its keys mean nothing any more.
    ///
    /// - Parameters:
    ///   - found: As the outputs say.
    ///   - deployment: Whose.
    ///   - fallback: Its name where the outputs have none.
    ///   - now: The time.
    ///   - transaction: The one that begins the attempt.
    /// - Returns: The row, `registering`.
    /// - Throws: ``RegistrationError`` when another deployment has the machine.
    func admit(
        _ found: FoundServer,
        of deployment: Deployment,
        fallback: String,
        at now: Date,
        in transaction: Transaction
    ) throws -> Server {
        let provider = found.provider ?? deployment.cloudProvider
        let user = found.user ?? InitialUser.of(provider: provider)
        if let present = try present(found, provider: provider, of: deployment.organization, in: transaction) {
            guard present.deployment == deployment.id else {
                throw RegistrationError(
                    .conflict,
                    "\(found.place) is the server '\(present.name)' of the project '\(present.project)'; remove it there first with `slipway server remove`."
                )
            }
            let isAnother = present.instanceID != nil && found.instanceID != nil && present.instanceID != found.instanceID
            try transaction.execute(
                """
                UPDATE servers
                SET ip_address = \(found.address), port = \(found.port), "user" = \(user),
                    private_ip = \(found.privateIP ?? (isAnother ? nil : present.privateIP)),
                    hostname = \(found.hostname ?? (isAnother ? nil : present.hostname)),
                    instance_id = \(found.instanceID ?? present.instanceID), provider = \(provider), region = \(found.region),
                    host_key = \(isAnother ? nil : Self.text(present.hostKeys)),
                    ssh_key_id = CASE WHEN \(isAnother) = 1 THEN NULL ELSE ssh_key_id END,
                    registered_at = \(isAnother ? nil : present.registeredAt),
                    status = \(ServerStatus.registering), error_message = NULL, next_check_at = NULL, missed_checks = 0, updated_at = \(now)
                WHERE id = \(present.id)
                """
            )
            return try required(present.id, in: transaction)
        }
        let name = try freeName(found.name ?? found.hostname ?? fallback, of: deployment.organization, in: transaction)
        let row = try transaction.first(
            """
            INSERT INTO servers (organization_id, terraform_deployment_id, name, description, ip_address, port, "user", private_ip, hostname,
                instance_id, provider, region, status, created_at, updated_at)
            VALUES (\(deployment.organization), \(deployment.id), \(name), \("Auto-registered from Terraform deployment \(deployment.id)"),
                \(found.address), \(found.port), \(user), \(found.privateIP), \(found.hostname), \(found.instanceID), \(provider),
                \(found.region), \(ServerStatus.registering), \(now), \(now))
            RETURNING id
            """
        )
        guard let row else { throw RegistrationError(.conflict, "The server \(found.place) could not be stored.") }
        return try required(try row.value("id"), in: transaction)
    }

    private func present(
        _ found: FoundServer,
        provider: String?,
        of organization: OrganizationID,
        in transaction: Transaction
    ) throws -> Server? {
        if let instance = found.instanceID {
            let row = try transaction.first(
                """
                SELECT id FROM servers
                WHERE organization_id = \(organization) AND instance_id = \(instance) AND COALESCE(provider, '') = \(provider ?? "")
                """
            )
            if let row {
                let server = try required(try row.value("id"), in: transaction)
                // The address has gone over from another machine of the deployment, which is not there any more or has another by now.
                try transaction.execute(
                    """
                    UPDATE servers SET ip_address = ip_address || '#' || id
                    WHERE organization_id = \(organization) AND ip_address = \(found.address) AND port = \(found.port)
                        AND id <> \(server.id) AND terraform_deployment_id = \(server.deployment)
                    """
                )
                return server
            }
        }
        let row = try transaction.first(
            "SELECT id FROM servers WHERE organization_id = \(organization) AND ip_address = \(found.address) AND port = \(found.port)"
        )
        return try row.map { try required(try $0.value("id"), in: transaction) }
    }

    private func freeName(_ wanted: String, of organization: OrganizationID, in transaction: Transaction) throws -> String {
        let plain = ServerName.plain(wanted)
        for number in 1...10_000 {
            let name = number == 1 ? plain : "\(plain.prefix(90))-\(number)"
            guard try server(named: name, of: organization, in: transaction) != nil else { return name }
        }
        throw RegistrationError(.conflict, "There are too many servers with names like '\(plain)'.")
    }

    /// The host's key is believed from now on.
    func pin(_ hostKey: String, on id: ServerID, at now: Date, in transaction: Transaction) throws {
        try transaction.execute("UPDATE servers SET host_key = \(hostKey), updated_at = \(now) WHERE id = \(id)")
    }

    /// The organization's key opens it.
    func setKey(_ key: OrganizationKey, on id: ServerID, at now: Date, in transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE servers SET ssh_key_id = \(key.id), status = \(ServerStatus.reachable), updated_at = \(now) WHERE id = \(id)"
        )
    }

    /// What a check found out: its status, and everything that is known of the machine.
    func settle(
        _ id: ServerID,
        status: ServerStatus,
        error: String?,
        report: HealthReport,
        docker: String?,
        facts: MachineFacts?,
        nextCheck: Date?,
        at now: Date,
        in transaction: Transaction
    ) throws {
        try transaction.execute(
            """
            UPDATE servers
            SET status = \(status), error_message = \(error), health_check_status = \(try report.encoded()),
                docker_version = COALESCE(\(docker), docker_version), missed_checks = 0,
                operating_system = COALESCE(\(facts?.operatingSystem), operating_system),
                architecture = COALESCE(\(facts?.architecture), architecture), kernel = COALESCE(\(facts?.kernel), kernel),
                cpus = COALESCE(\(facts?.cpus), cpus), memory_bytes = COALESCE(\(facts?.memoryBytes), memory_bytes),
                disk_bytes = COALESCE(\(facts?.root?.sizeBytes), disk_bytes), hostname = COALESCE(hostname, \(facts?.hostname)),
                private_ip = COALESCE(private_ip, \(facts?.privateIP)), last_checked_at = \(now),
                next_check_at = CASE WHEN ssh_key_id IS NULL THEN NULL ELSE CAST(\(nextCheck) AS BIGINT) END,
                registered_at = COALESCE(registered_at, \(status == .ready ? now : nil)), updated_at = \(now)
            WHERE id = \(id)
            """
        )
    }

    // MARK: - Removing

    /// Removes servers, each with its line in the audit and its event.
    func remove(_ servers: [Server], by author: Author, because reason: String, at now: Date, in transaction: Transaction) throws {
        guard !servers.isEmpty else { return }
        for server in servers {
            try transaction.execute("DELETE FROM servers WHERE id = \(server.id)")
            try AuditLog().append(
                "server.removed",
                of: "server:\(server.id)",
                by: author,
                organization: server.organization,
                details: ["name": server.name, "address": server.place, "deployment": "\(server.deployment)", "reason": reason],
                at: now,
                in: transaction
            )
        }
        try BroadcastStore().append(try servers.map { try ServerBroadcast.removed($0, at: now) }, at: now, in: transaction)
    }

    // MARK: - Details

    func required(_ id: ServerID, in transaction: Transaction) throws -> Server {
        guard let server = try server(id, in: transaction) else { throw RegistrationError(.notFound, "The server was removed.") }
        return server
    }

    private static func text(_ hostKeys: [String]) -> String? { hostKeys.isEmpty ? nil : hostKeys.joined(separator: "\n") }
}

/// Who logs in first where nobody says it, by requirement 002.
enum InitialUser {
    static func of(provider: String?) -> String {
        switch provider {
        case "aws", "gcp", "google": "ubuntu"
        case "azure", "azurerm": "azureuser"
        default: "root"
        }
    }
}

/// Names of servers.
package enum ServerName {
    /// A text made a name: letters, digits, dots, dashes and underscores.
    static func plain(_ text: String) -> String {
        let allowed = text.map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber || character == "." || character == "_") ? character : "-"
        }
        let name = String(allowed.drop { $0 == "-" || $0 == "." || $0 == "_" }.prefix(100))
        return name.isEmpty ? "server" : name
    }

    /// Whether it is one as it is; only digits are a number.
    package static func isValid(_ name: String) -> Bool { plain(name) == name && !name.allSatisfy(\.isNumber) }
}

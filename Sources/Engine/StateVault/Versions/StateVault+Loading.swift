package import Domain
internal import Sealing
internal import Storage

extension StateVault {
    /// Loads one version, the newest when none is named, and verifies it: tag, place and checksum.
    ///
    /// - Returns: nil when the deployment has no state yet, or not that version.
    /// - Throws: ``VaultError/Reason/damaged(_:version:_:)`` rather than other bytes than were stored;
    ///   ``VaultError/Reason/unknownKey(_:_:version:)``, ``VaultError/Reason/missing(_:version:)``,
    ///   ``VaultError/Reason/noDeployment(_:)``.
    package func load(_ deployment: DeploymentID, version: Int? = nil) async throws(VaultError) -> LoadedState? {
        let found: (StateVersion, [UInt8])? = try await read { [self] transaction in
            let newest = try newestVersion(of: deployment, in: transaction)
            let wanted = version ?? newest
            guard wanted > 0 else { return nil }
            let row = try transaction.first(
                """
                SELECT \(sql: StateVersion.columns), state_file
                FROM terraform_state_versions
                WHERE terraform_deployment_id = \(deployment) AND version = \(wanted)
                """
            )
            if row == nil, wanted == newest { throw VaultError(.missing(deployment, version: wanted)) }
            return try row.map { (try StateVersion($0), try $0.value("state_file")) }
        }
        guard let (facts, sealed) = found else { return nil }
        return try open(sealed, facts)
    }

    /// Lists versions, newest first.
    ///
    /// - Parameters:
    ///   - deployment: Whose.
    ///   - before: Only smaller version numbers: the last of the page before.
    ///   - limit: The page's length.
    /// - Returns: Their facts, without content.
    /// - Throws: ``VaultError/Reason/storage(_:)``.
    package func versions(
        of deployment: DeploymentID,
        before: Int? = nil,
        limit: Int = 50
    ) async throws(VaultError) -> [StateVersion] {
        try await read { transaction in
            try transaction.rows(
                """
                SELECT \(sql: StateVersion.columns)
                FROM terraform_state_versions
                WHERE terraform_deployment_id = \(deployment) AND version < \(before ?? Int.max)
                ORDER BY version DESC
                LIMIT \(max(0, limit))
                """
            ).map { try StateVersion($0) }
        }
    }

    // MARK: - Details

    func version(_ version: Int, of deployment: DeploymentID, in transaction: Transaction) throws -> StateVersion? {
        try transaction.first(
            """
            SELECT \(sql: StateVersion.columns)
            FROM terraform_state_versions
            WHERE terraform_deployment_id = \(deployment) AND version = \(version)
            """
        ).map { try StateVersion($0) }
    }

    private func newestVersion(of deployment: DeploymentID, in transaction: Transaction) throws -> Int {
        let row = try transaction.first("SELECT state_version FROM terraform_deployments WHERE id = \(deployment)")
        guard let row else { throw VaultError(.noDeployment(deployment)) }
        return try row.value("state_version")
    }

    private func open(_ sealed: [UInt8], _ facts: StateVersion) throws(VaultError) -> LoadedState {
        let bytes: [UInt8]
        do throws(SealingError) {
            let context = Self.context(facts.deployment, version: facts.version)
            bytes = try Envelope.open(sealed, with: keyring, context: context)
        } catch {
            if case .unknownKey(let name) = error.reason {
                throw VaultError(.unknownKey(name, facts.deployment, version: facts.version), cause: error)
            }
            throw VaultError(.damaged(facts.deployment, version: facts.version, error.reason), cause: error)
        }
        guard bytes.count == facts.byteCount, SHA256.hex(bytes) == facts.checksum else {
            throw VaultError(.damaged(facts.deployment, version: facts.version, nil))
        }
        return LoadedState(version: facts, bytes: bytes)
    }
}

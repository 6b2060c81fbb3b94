package import Domain
internal import Storage

extension StateVault {
    /// Loads one version, the newest when none is named, and verifies it: tag, place and checksum.
    ///
    /// A damaged or lost one is restored from its own backup, logged and audited, and the caller gets the right bytes.
    ///
    /// - Returns: nil when the deployment has no state yet, or not that version (any more).
    /// - Throws: ``VaultError/Reason/unrecoverable(_:)`` rather than other bytes than were stored;
    ///   ``VaultError/Reason/unknownKey(_:_:version:)``, ``VaultError/Reason/noDeployment(_:)``.
    package func load(_ deployment: DeploymentID, version: Int? = nil) async throws(VaultError) -> LoadedState? {
        let found = try await read { try StoredVersion.read(deployment, version: version, in: $0) }
        guard let found else { return nil }
        do throws(VaultError) {
            return try found.open(with: keyring)
        } catch {
            guard error.isDamage else { throw error }
            return try await recover(found, from: error)
        }
    }

    /// Gives a version's plain bytes for a file; the same as ``load(_:version:)``.
    ///
    /// - Throws: ``VaultError/Reason/noVersion(_:version:)`` when there is none, and what ``load(_:version:)`` throws.
    package func export(_ deployment: DeploymentID, version: Int? = nil) async throws(VaultError) -> LoadedState {
        guard let state = try await load(deployment, version: version) else {
            throw VaultError(.noVersion(deployment, version: version))
        }
        return state
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
}

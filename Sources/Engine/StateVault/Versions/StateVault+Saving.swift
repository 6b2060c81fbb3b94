package import Domain
internal import FoundationEssentials
internal import Sealing
package import Storage

extension StateVault {
    /// Stores a deployment's newest state.
    ///
    /// Compressed, sealed, then written in one transaction with all checks: a reader sees all of it or nothing. Durable when it returns;
    /// after ``StorageError/Reason/connectionLost`` it may be there or not, and saving it again does no harm.
    ///
    /// An ``StateKind/intermediate`` state takes the row of the same job's last intermediate one, and so does the
    /// ``StateKind/final`` one after them; every other version stays as it is.
    ///
    /// - Parameters:
    ///   - state: Terraform's state JSON, format 4, UTF-8.
    ///   - deployment: Whose.
    ///   - kind: Whether the run goes on.
    ///   - fence: The writer's; becomes the smallest that may still write.
    ///   - job: Whose run wrote it; nil for a person's.
    ///   - author: Who, for the history.
    ///   - changeSummary: `+3 ~1 -0`, for the history.
    ///   - force: Takes another lineage, a lower serial, or the same serial with other bytes.
    ///   - guarding: Throws when the writer lost its right; runs inside the transaction before anything is written, maybe several times.
    /// - Returns: The version, or nil when the newest one has the same bytes already, or differs only in what checks found, under the same serial.
    /// - Throws: ``VaultError``: bytes that are no whole state, ``VaultError/Reason/tooLarge(size:limit:)``,
    ///   ``VaultError/Reason/unusableSerial`` of a person's,
    ///   ``VaultError/Reason/staleFence(stored:offered:)``, ``VaultError/Reason/otherLineage(stored:offered:)``,
    ///   ``VaultError/Reason/lowerSerial(stored:offered:)``, ``VaultError/Reason/serialReused(_:)``, or
    ///   ``VaultError/Reason/refused`` with the error of `guarding` as its cause.
    package func save(
        _ state: [UInt8],
        for deployment: DeploymentID,
        as kind: StateKind,
        fence: Fence,
        job: JobID?,
        author: String,
        changeSummary: String? = nil,
        force: Bool = false,
        guarding: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws(VaultError) -> StateVersion? {
        guard state.count <= limit else { throw VaultError(.tooLarge(size: state.count, limit: limit)) }
        // Parsing and hashing take about the same time, a third of a save each.
        async let checksum = SHA256.hex(state)
        let document = try StateDocument(parsing: state)
        // Only a person can change it in the file; what a run has made is kept whatever it says.
        if job == nil { try document.checkSerial() }
        let offered = OfferedState(
            bytes: state,
            document: document,
            checksum: await checksum,
            kind: kind,
            fence: fence,
            job: job,
            author: author,
            changeSummary: changeSummary,
            isForced: force
        )
        return try await save(offered, for: deployment, guarding: guarding)
    }

    /// Stores what a ``StateFollower`` handed over, without parsing it again; the same as above otherwise.
    ///
    /// - Throws: ``VaultError``, as above.
    package func save(
        _ state: FollowedState,
        for deployment: DeploymentID,
        as kind: StateKind,
        fence: Fence,
        job: JobID?,
        author: String,
        changeSummary: String? = nil,
        force: Bool = false,
        guarding: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws(VaultError) -> StateVersion? {
        guard state.bytes.count <= limit else { throw VaultError(.tooLarge(size: state.bytes.count, limit: limit)) }
        let offered = OfferedState(
            bytes: state.bytes,
            document: state.document,
            checksum: SHA256.hex(state.bytes),
            kind: kind,
            fence: fence,
            job: job,
            author: author,
            changeSummary: changeSummary,
            isForced: force
        )
        return try await save(offered, for: deployment, guarding: guarding)
    }

    // MARK: - Details

    private func save(
        _ offered: OfferedState,
        for deployment: DeploymentID,
        guarding: @escaping @Sendable (Transaction) throws -> Void
    ) async throws(VaultError) -> StateVersion? {
        do throws(VaultError) {
            return try await saveAsOffered(offered, for: deployment, guarding: guarding)
        } catch {
            guard case .serialReused = error.reason, let stored = try await load(deployment),
                try StateDocument.areEqualButForChecks(stored.bytes, offered.bytes)
            else { throw error }
            return try await saveAsOffered(offered.holding(stored.bytes), for: deployment, guarding: guarding)
        }
    }

    private func saveAsOffered(
        _ offered: OfferedState,
        for deployment: DeploymentID,
        guarding: @escaping @Sendable (Transaction) throws -> Void
    ) async throws(VaultError) -> StateVersion? {
        // The version is part of what is sealed, and sealing takes too long for a transaction: guess it, and do it again when another
        // writer was faster. After a few lost races it is sealed while the row is held, so that everyone gets a turn.
        for _ in 0..<3 {
            let guess = try await read { try StoredFacts.read(deployment, locks: false, in: $0) }
            let version = try offered.action(after: guess).sealedVersion
            let sealed = try version.map { (version) throws(VaultError) in try seal(offered, for: deployment, version: version) }
            let outcome = try await write { [self] transaction in
                try store(offered, for: deployment, sealed: sealed, guarding: guarding, in: transaction)
            }
            if case .stored(let version) = outcome { return version }
        }
        let outcome = try await write { [self] transaction in
            try store(offered, for: deployment, sealed: nil, sealsInside: true, guarding: guarding, in: transaction)
        }
        guard case .stored(let version) = outcome else { return nil }
        return version
    }

    private enum Outcome: Sendable {
        case stored(StateVersion?)
        /// Another writer took the version that it was sealed for.
        case overtaken
    }

    /// Sealed bytes, and the version they are bound to.
    private struct SealedState: Sendable {
        let version: Int
        let bytes: [UInt8]
        let isCompressed: Bool
        let keyName: String
    }

    private func seal(_ offered: OfferedState, for deployment: DeploymentID, version: Int) throws(VaultError) -> SealedState {
        do throws(SealingError) {
            let context = Self.context(deployment, version: version)
            let bytes = try Envelope.seal(offered.bytes, with: keyring, context: context)
            let header = try EnvelopeHeader(of: bytes)
            return SealedState(version: version, bytes: bytes, isCompressed: header.isCompressed, keyName: header.keyName)
        } catch {
            throw VaultError.from(error)
        }
    }

    private func store(
        _ offered: OfferedState,
        for deployment: DeploymentID,
        sealed: SealedState?,
        sealsInside: Bool = false,
        guarding: @Sendable (Transaction) throws -> Void,
        in transaction: Transaction
    ) throws -> Outcome {
        let stored = try StoredFacts.read(deployment, locks: true, in: transaction)
        // First of all: a stale writer hears that, whatever else is wrong with what it brings.
        guard offered.fence >= stored.fence else {
            throw VaultError(.staleFence(stored: stored.fence, offered: offered.fence))
        }
        try guarding(transaction)
        let action = try offered.action(after: stored)
        var sealed = sealed
        if sealsInside, let version = action.sealedVersion { sealed = try seal(offered, for: deployment, version: version) }
        guard action.sealedVersion == nil || action.sealedVersion == sealed?.version else { return .overtaken }
        let now = now()
        switch action {
        case .nothing:
            try claim(deployment, fence: offered.fence, in: transaction)
            return .stored(nil)
        case .finish(let version):
            try claim(deployment, fence: offered.fence, in: transaction)
            try transaction.execute(
                """
                UPDATE terraform_state_versions
                SET is_final = 1, fence = \(offered.fence), created_by = \(offered.author),
                    change_summary = COALESCE(\(offered.changeSummary), change_summary), updated_at = \(now)
                WHERE terraform_deployment_id = \(deployment) AND version = \(version)
                """
            )
            try requestBackup(of: version, of: deployment, at: now, in: transaction)
            return .stored(try self.version(version, of: deployment, in: transaction))
        case .replace(let version):
            // A new row: nothing of the old one's, such as its backup, may stay.
            try transaction.execute(
                "DELETE FROM terraform_state_versions WHERE terraform_deployment_id = \(deployment) AND version = \(version)"
            )
        case .append:
            break
        }
        guard let sealed else { return .overtaken }
        try insert(offered, sealed, for: deployment, stored, at: now, in: transaction)
        if offered.kind == .final { try requestBackup(of: sealed.version, of: deployment, at: now, in: transaction) }
        return .stored(try self.version(sealed.version, of: deployment, in: transaction))
    }

    private func insert(
        _ offered: OfferedState,
        _ sealed: SealedState,
        for deployment: DeploymentID,
        _ stored: StoredFacts,
        at now: Date,
        in transaction: Transaction
    ) throws {
        let document = offered.document
        try transaction.execute(
            """
            INSERT INTO terraform_state_versions
                (terraform_deployment_id, organization_id, version, state_file, checksum, size_bytes, sealed_size_bytes, compressed,
                 key_name, serial, lineage, terraform_version, resource_count, is_final, fence, job_id, created_by, change_summary,
                 created_at, updated_at)
            VALUES
                (\(deployment), \(stored.organization), \(sealed.version), \(sealed.bytes), \(offered.checksum), \(offered.bytes.count),
                 \(sealed.bytes.count), \(sealed.isCompressed), \(sealed.keyName), \(document.serial), \(document.lineage),
                 \(document.terraformVersion), \(document.resourceCount), \(offered.kind == .final), \(offered.fence), \(offered.job),
                 \(offered.author), \(offered.changeSummary), \(now), \(now))
            """
        )
        try transaction.execute(
            """
            INSERT INTO state_checksums (terraform_deployment_id, version, checksum)
            VALUES (\(deployment), \(sealed.version), \(offered.checksum))
            ON CONFLICT (terraform_deployment_id, version) DO UPDATE SET checksum = excluded.checksum
            """
        )
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET state_version = \(sealed.version), state_serial = \(document.serial), state_lineage = \(document.lineage),
                state_checksum = \(offered.checksum), state_size_bytes = \(offered.bytes.count), state_fence = \(offered.fence),
                updated_at = \(now)
            WHERE id = \(deployment)
            """
        )
    }
}

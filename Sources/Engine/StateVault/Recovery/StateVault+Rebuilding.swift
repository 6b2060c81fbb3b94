internal import Audit
internal import Domain
internal import FoundationEssentials
internal import Jobs
internal import Log
internal import Remote
internal import Sealing
internal import Storage

extension StateVault {
    /// Recreates organizations, deployments and versions from object storage, after a database was lost.
    ///
    /// Needs the keyring. Nothing that the database has is changed: of a deployment whose versions differ from its backups' nothing is
    /// taken. Ids are kept where they are free; elsewhere a version is sealed anew for its new place. May be called again after it was
    /// interrupted. Begin it before any other work on the new database, which would take the ids.
    ///
    /// - Parameters:
    ///   - isDryRun: Only counts.
    ///   - author: Who, for the audit.
    ///   - progress: Told after each backup how many are done, of how many.
    /// - Returns: What was made, and what was not and why.
    /// - Throws: ``VaultError/Reason/backups(_:)`` when the store is away, ``VaultError/Reason/storage(_:)``.
    package func rebuild(
        isDryRun: Bool = false,
        author: String,
        progress: @Sendable (Int, Int) async -> Void = { _, _ in }
    ) async throws(VaultError) -> RebuildReport {
        let store = try await backupStore()
        var report = RebuildReport()
        let places: [BackupAddress]
        do {
            places = try await Self.addresses(in: store)
        } catch {
            throw VaultError.from(error)
        }
        var conflicts: Set<BackupAddress.Stack> = []
        // A dry run makes no rows that would tell it what it has counted.
        var seen: (organizations: Set<String>, deployments: Set<String>) = ([], [])
        for (index, place) in places.enumerated() {
            if Task.isCancelled { break }
            if conflicts.contains(place.stack) {
                report.skipped.append(.init(path: place.key.text, reason: "an earlier version of its deployment is another one here"))
            } else {
                do {
                    let backup = try await open(place, in: store)
                    switch try await take(backup, isDryRun: isDryRun, by: author) {
                    case .made(let organization, let deployment):
                        let (name, project) = (backup.metadata.organization, backup.metadata.project)
                        if organization, seen.organizations.insert(name).inserted { report.organizationsMade += 1 }
                        if deployment, seen.deployments.insert("\(name)/\(project)").inserted { report.deploymentsMade += 1 }
                        report.versionsMade += 1
                    case .present: report.versionsPresent += 1
                    case .conflict:
                        conflicts.insert(place.stack)
                        report.skipped.append(.init(path: place.key.text, reason: "the database has another content of this version"))
                    }
                } catch let problem as BackupProblem {
                    report.skipped.append(.init(path: place.key.text, reason: problem.description))
                } catch {
                    throw VaultError.from(error)
                }
            }
            await progress(index + 1, places.count)
        }
        return report
    }

    // MARK: - Details

    private enum Taking: Sendable {
        case made(organization: Bool, deployment: Bool)
        case present
        case conflict
    }

    /// Every backup's place, in the order of versions; what was put aside comes last, so that it never stands in the way.
    private static func addresses(in store: any ObjectStore) async throws -> [BackupAddress] {
        var places: [BackupAddress] = []
        for folder in [SealedBackup.folder, SealedBackup.displacedFolder] {
            var found: [BackupAddress] = []
            var position: ObjectPage.Position?
            repeat {
                let page = try await store.list(prefix: folder, from: position, limit: 1000)
                found += page.objects.compactMap { BackupAddress($0.key) }
                position = page.next
            } while position != nil
            places += found.sorted()
        }
        return places
    }

    private func open(_ place: BackupAddress, in store: any ObjectStore) async throws -> OpenBackup {
        let bytes: [UInt8]?
        do throws(RemoteError) {
            bytes = try await store.get(place.key, limit: 2 * limit + 1 << 20)
        } catch {
            if case .corrupted = error.reason { throw BackupProblem.unreadable(.damaged) }
            throw error
        }
        guard let bytes else { throw BackupProblem.missing }
        do throws(SealingError) {
            let object = try SealedBackup(bytes)
            let metadata = try object.openMetadata(of: place.stack.deployment, version: place.version, with: keyring)
            return OpenBackup(
                path: place.key.text,
                object: object,
                metadata: metadata,
                plain: try object.openState(metadata, with: keyring),
                keyName: try EnvelopeHeader(of: object.metadata).keyName
            )
        } catch {
            throw BackupProblem.unreadable(error.reason)
        }
    }

    /// Makes the rows of one backup, in one transaction.
    private func take(_ backup: OpenBackup, isDryRun: Bool, by author: String) async throws -> Taking {
        let now = now()
        return try await database.write { [self] transaction in
            let metadata = backup.metadata
            let rows = RebuiltRows(metadata: metadata, now: now)
            let (organization, isNewOrganization) = try rows.organization(isDryRun: isDryRun, in: transaction)
            let (deployment, isNewDeployment) = try rows.deployment(of: organization, isDryRun: isDryRun, in: transaction)
            if let known = try deployment.flatMap({ try version(metadata.version, of: $0, in: transaction) }) {
                return known.checksum == metadata.checksum ? .present : .conflict
            }
            guard !isDryRun, let organization, let deployment else {
                return .made(organization: isNewOrganization, deployment: isNewDeployment)
            }
            let isInPlace = deployment.rawValue == metadata.deploymentID
            var state = backup.object.state
            if !isInPlace {
                state = try Envelope.seal(backup.plain, with: keyring, context: Self.context(deployment, version: metadata.version))
            }
            let key = try SealedBackup.key(organization: organization, deployment: deployment, version: metadata.version)
            let isBackedUp = key.text == backup.path
            try insert(
                metadata,
                state: state,
                for: deployment,
                of: organization,
                pinned: metadata.isPinned,
                backup: .init(
                    path: isBackedUp ? key.text : nil,
                    keyName: isBackedUp ? backup.keyName : nil,
                    verifiedAt: isBackedUp ? now : nil
                ),
                in: transaction
            )
            if !isBackedUp { try requestBackup(of: metadata.version, of: deployment, at: now, in: transaction) }
            try rows.raise(deployment, in: transaction)
            try audit.append(
                "state.rebuilt",
                of: "deployment:\(deployment)/\(metadata.version)",
                by: author,
                organization: organization,
                details: ["backup": backup.path],
                at: now,
                in: transaction
            )
            return .made(organization: isNewOrganization, deployment: isNewDeployment)
        }
    }
}

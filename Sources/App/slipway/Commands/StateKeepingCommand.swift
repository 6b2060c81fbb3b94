import Domain
import FoundationEssentials
import Provisioning
import StateVault

/// Runs `slipway state backup|verify|prune|rebuild`: the upkeep that workers do by themselves, by hand.
enum StateKeepingCommand {
    private struct BackupDocument: Encodable {
        let deployment: Int64
        let version: Int
        let path: String?
        let error: String?
    }

    private struct VerifyDocument: Encodable {
        let versionsChecked: Int
        let backupsChecked: Int
        let findings: [String]
        let backupsAway: String?
        let good: Bool
    }

    private struct PruneDocument: Encodable {
        struct Item: Encodable {
            let deployment: Int64
            let version: Int
            let sealedBytes: Int
        }

        let removed: [Item]
        let delayed: [Item]
        let problem: String?
        let dryRun: Bool
    }

    private struct RebuildDocument: Encodable {
        let organizations: Int
        let deployments: Int
        let versions: Int
        let present: Int
        let skipped: [String]
        let dryRun: Bool
    }

    static func backup(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        var documents: [BackupDocument] = []
        for (deployment, version) in try await wanted(context, program) {
            do {
                guard case .stored(let path, _) = try await program.vault.backUp(deployment, version: version) else { continue }
                documents.append(BackupDocument(deployment: deployment.rawValue, version: version, path: path, error: nil))
                if !context.output.isJSON { context.output.line("Version \(version) is backed up and verified: \(path)") }
            } catch {
                let sentence = ErrorText.sentence(of: error)
                documents.append(BackupDocument(deployment: deployment.rawValue, version: version, path: nil, error: sentence))
                context.output.console.complain("Version \(version): \(sentence)")
            }
        }
        if context.output.isJSON {
            try context.output.json(documents)
        } else if documents.isEmpty {
            context.output.note("Nothing waits for a backup.")
        }
        return documents.contains { $0.error != nil } ? .failed : .done
    }

    static func verify(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let report = try await program.vault.verify(try await StateSubject.scope(context, program))
        if context.output.isJSON {
            try context.output.json(
                VerifyDocument(
                    versionsChecked: report.versionsChecked,
                    backupsChecked: report.backupsChecked,
                    findings: report.findings.map(\.description),
                    backupsAway: report.backupsAway,
                    good: report.isGood
                )
            )
        } else {
            for finding in report.findings { context.output.line(Harmless.line("\(finding)")) }
            if let away = report.backupsAway { context.output.note("Backups could not be checked: \(away)") }
            let (versions, backups) = (HumanText.count(report.versionsChecked, "version"), HumanText.count(report.backupsChecked, "backup"))
            context.output.line("\(versions) and \(backups) checked; \(report.findings.isEmpty ? "all are right" : "see above").")
        }
        return report.isGood ? .done : .failed
    }

    static func prune(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let (keep, days, isDryRun) = (context.command.integer("keep"), context.command.integer("days"), context.command.flag("dry-run"))
        let standard = RetentionPolicy()
        let policy = keep == nil && days == nil ? nil : RetentionPolicy(versions: keep ?? standard.versions, days: days ?? standard.days)
        let scope = try await StateSubject.scope(context, program)
        let report = try await program.vault.prune(scope, policy: policy, isDryRun: isDryRun, author: program.person)
        func item(_ item: PruneReport.Item) -> PruneDocument.Item {
            .init(deployment: item.deployment.rawValue, version: item.version, sealedBytes: item.sealedByteCount)
        }
        if context.output.isJSON {
            try context.output.json(
                PruneDocument(
                    removed: report.removed.map(item),
                    delayed: report.delayed.map(item),
                    problem: report.problem,
                    dryRun: isDryRun
                )
            )
        } else {
            for item in report.removed { context.output.line("deployment \(item.deployment), version \(item.version)") }
            let verb = isDryRun ? "would go" : "removed, with their backups"
            context.output.line("\(HumanText.count(report.removed.count, "version")) \(verb): \(HumanText.bytes(report.sealedByteCount)).")
            if let problem = report.problem {
                context.output.note("\(report.delayed.count) wait for their backups to be deleted: \(problem)")
            }
        }
        return report.problem == nil ? .done : .failed
    }

    static func rebuild(_ context: CommandContext) async throws -> ExitCode {
        guard context.command.flag("from-backups") else {
            throw UsageError(message: "Say where from: slipway state rebuild --from-backups.", command: context.command.path)
        }
        let program = try await context.open()
        let isDryRun = context.command.flag("dry-run")
        let report = try await program.vault.rebuild(isDryRun: isDryRun, author: program.person)
        if context.output.isJSON {
            try context.output.json(
                RebuildDocument(
                    organizations: report.organizationsMade,
                    deployments: report.deploymentsMade,
                    versions: report.versionsMade,
                    present: report.versionsPresent,
                    skipped: report.skipped.map { "\($0.path): \($0.reason)" },
                    dryRun: isDryRun
                )
            )
        } else {
            for skipped in report.skipped { context.output.note("Not taken: \(skipped.path): \(skipped.reason)") }
            let made = "\(HumanText.count(report.versionsMade, "version")) of \(HumanText.count(report.deploymentsMade, "new project"))"
            context.output.line("\(made) \(isDryRun ? "would come" : "came") back; \(report.versionsPresent) were there already.")
        }
        return report.skipped.isEmpty ? .done : .failed
    }

    // MARK: - Details

    /// The versions to back up: the named one, the newest of a project, or all that wait.
    private static func wanted(_ context: CommandContext, _ program: Composition) async throws -> [(DeploymentID, Int)] {
        let scope = try await StateSubject.scope(context, program)
        guard case .deployment(let deployment) = scope else { return try await program.vault.waitingForBackup(in: scope) }
        if let version = context.command.integer("version") { return [(deployment, version)] }
        return try await program.vault.versions(of: deployment, limit: 1).map { (deployment, $0.version) }
    }
}

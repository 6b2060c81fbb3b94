import Domain
import FoundationEssentials
import Log
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
            let project: String
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
                guard case .stored(let path, _) = try await program.vault.backUp(deployment, version: version) else {
                    // One that waited may be pruned by now; one that was asked for is none.
                    guard let asked = context.command.integer("version") else { continue }
                    throw CommandError("There is no version \(asked) of that state; `slipway state versions` lists them.")
                }
                documents.append(BackupDocument(deployment: deployment.rawValue, version: version, path: path, error: nil))
                if !context.output.isJSON { context.output.line("Version \(version) is backed up and verified: \(path)") }
            } catch {
                let sentence = ErrorText.sentence(of: error)
                documents.append(BackupDocument(deployment: deployment.rawValue, version: version, path: nil, error: sentence))
                context.output.console.complain(sentence.contains("ersion \(version)") ? sentence : "Version \(version): \(sentence)")
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
            let verdict = report.findings.isEmpty ? "all are right" : "see above"
            context.output.line(
                report.backupsAway == nil
                    ? "\(versions) and \(backups) checked; \(verdict)."
                    : "\(versions) checked, \(verdict); the backups were not all seen."
            )
        }
        return report.isGood ? .done : .failed
    }

    static func prune(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let (keep, days, isDryRun) = (context.command.integer("keep"), context.command.integer("days"), context.command.flag("dry-run"))
        let scope = try await StateSubject.scope(context, program)
        let report = try await program.vault.prune(scope, isDryRun: isDryRun, author: program.person) {
            RetentionPolicy(versions: keep ?? $0.versions, days: days ?? $0.days)
        }
        func item(_ item: PruneReport.Item) -> PruneDocument.Item {
            .init(
                deployment: item.deployment.rawValue,
                project: item.project,
                version: item.version,
                sealedBytes: item.sealedByteCount
            )
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
            for item in report.removed { context.output.line("version \(item.version) of \(item.project)") }
            let verb = isDryRun ? "would go" : "removed, backups included"
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
        let unread = isDryRun ? [] : try await program.adoption.followRebuilt()
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
            for (project, problem) in unread { context.output.note("The newest state of \(project) can't be read: \(problem)") }
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
        guard case .deployment(let deployment) = scope else {
            guard context.command.integer("version") == nil else {
                throw UsageError(message: "--version goes with --project NAME, not with --all.", command: context.command.path)
            }
            return try await program.vault.waitingForBackup(in: scope)
        }
        if let version = context.command.integer("version") { return [(deployment, version)] }
        return try await program.vault.versions(of: deployment, limit: 1).map { (deployment, $0.version) }
    }
}

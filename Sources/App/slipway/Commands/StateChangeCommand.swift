import API
import Domain
import FoundationEssentials
import Provisioning
import StateVault
import Storage

/// Runs `slipway state rollback|restore|import|pin|unpin`: what a person decides about a state.
enum StateChangeCommand {
    private struct PinDocument: Encodable {
        let version: Int
        let pinned: Bool
    }

    static func rollback(_ context: CommandContext) async throws -> ExitCode {
        try await goBack(context, option: "to")
    }

    /// The version is read from wherever it is still right, which repairs a damaged row; then it becomes the current one.
    static func restore(_ context: CommandContext) async throws -> ExitCode {
        try await goBack(context, option: "version")
    }

    static func importFile(_ context: CommandContext) async throws -> ExitCode {
        let path = try context.command.required("FILE")
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("The file \(path) can't be read; check its name and permissions.")
        }
        let program = try await context.open()
        let read = [UInt8](data)
        let bytes = try SetAsideState.open(read, at: path, with: program.keyring) ?? read
        // Looked at before a project is made for it.
        let offered = try StateDocument(parsing: bytes)
        let (project, organization) = (try context.command.required("project"), context.organization)
        let known = try await program.database.read {
            try DeploymentStore().deployment(project: project, organization: organization, in: $0)
        }
        let now: String
        if let known {
            let check = try await program.vault.checkImport(bytes, into: known.id)
            if !context.command.flag("force"), let first = check.overrides.first {
                throw CommandError("The state is refused: \(first). Use --force to take it nevertheless.")
            }
            for override in check.overrides { context.output.note("Forced: \(override).") }
            guard !check.isUnchanged else {
                context.output.note("The newest version has the same content already; nothing was changed.")
                return .done
            }
            now = check.current.map { "version \($0.version) with \(HumanText.count($0.resourceCount, "resource"))" } ?? "nothing"
        } else {
            now = "nothing"
        }
        let count = HumanText.count(offered.resourceCount, "resource")
        let question =
            known == nil ? "Make the project \(project) of this state with \(count)?" : "Replace \(now) by this state with \(count)?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let deployment = try await program.adoption.deployment(project: project, organization: organization)
        let imported = try await program.vault.importState(
            bytes,
            into: deployment.id,
            author: program.person,
            reason: context.command.string("reason") ?? "import",
            force: context.command.flag("force")
        )
        return try await done(imported.version, "Imported", deployment, program, context)
    }

    static func pin(_ context: CommandContext) async throws -> ExitCode {
        try await setPin(context, isPinned: true)
    }

    static func unpin(_ context: CommandContext) async throws -> ExitCode {
        try await setPin(context, isPinned: false)
    }

    // MARK: - Details

    private static func goBack(_ context: CommandContext, option: String) async throws -> ExitCode {
        guard let version = context.command.integer(option) else { throw UsageError(message: "--\(option) is missing.") }
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        let newest = Int(deployment.stateVersion)
        // Opens it: what is damaged comes back from its backup here, or is said to be lost.
        let old = try await StateSubject.naming(deployment) { try await program.vault.export(deployment.id, version: version) }
        guard version != newest else {
            context.output.line("Version \(version) is the current one, and it is whole.")
            return .done
        }
        if !context.output.isJSON {
            do {
                ComparisonText.show(try await program.vault.compare(deployment.id, from: newest, to: version), on: context.output)
            } catch {
                // The current one is lost: that is why someone goes back.
                context.output.note("\(ErrorText.sentence(of: error))")
            }
            context.output.note("What was made since version \(version) stays in the cloud; Terraform will not know it any more.")
        }
        let question =
            "Make version \(version) (\(HumanText.count(old.version.resourceCount, "resource"))) the current state of \(deployment.project)?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let saved = try await program.vault.rollback(
            deployment.id,
            to: version,
            author: program.person,
            reason: context.command.string("reason") ?? "rollback"
        )
        return try await done(saved, "Back to version \(version)", deployment, program, context)
    }

    private static func done(
        _ version: StateVersion?,
        _ what: String,
        _ deployment: Deployment,
        _ program: Composition,
        _ context: CommandContext
    ) async throws -> ExitCode {
        guard let version else {
            context.output.note("Nothing was changed.")
            return .done
        }
        try await program.adoption.follow(deployment.id)
        let problem = await backUp(version, deployment, program)
        if context.output.isJSON {
            let newest = try await program.vault.versions(of: deployment.id, limit: 1).first
            try context.output.json(StateVersionDocument(newest.flatMap { $0.version == version.version ? $0 : nil } ?? version))
        } else {
            context.output.line("\(what), as version \(version.version) with serial \(version.serial).")
        }
        if let problem { context.output.note("Its backup waits for a worker: \(problem)") }
        return .done
    }

    /// Backs the version up at once, since nobody may run a worker; what takes long is left to one.
    private static func backUp(_ version: StateVersion, _ deployment: Deployment, _ program: Composition) async -> String? {
        do {
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    _ = try await program.vault.backUp(deployment.id, version: version.version)
                    return nil
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(10))
                    return "the store takes its time."
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            return ErrorText.sentence(of: error)
        }
    }

    private static func setPin(_ context: CommandContext, isPinned: Bool) async throws -> ExitCode {
        guard let version = context.command.integer("version") else { throw UsageError(message: "--version is missing.") }
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        try await StateSubject.naming(deployment) {
            if isPinned {
                try await program.vault.pin(deployment.id, version: version, by: program.person)
            } else {
                try await program.vault.unpin(deployment.id, version: version, by: program.person)
            }
        }
        if context.output.isJSON {
            try context.output.json(PinDocument(version: version, pinned: isPinned))
        } else {
            context.output.line("Version \(version) is \(isPinned ? "pinned: retention keeps it" : "no longer pinned").")
        }
        return .done
    }
}

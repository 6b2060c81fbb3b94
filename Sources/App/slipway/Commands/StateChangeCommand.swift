import API
import Domain
import FoundationEssentials
import Provisioning
import StateVault

/// Runs `slipway state rollback|restore|import|pin|unpin`: what a person decides about a state.
enum StateChangeCommand {
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
        let bytes = [UInt8](data)
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        let check = try await program.vault.checkImport(bytes, into: deployment.id)
        let isForced = context.command.flag("force")
        if !isForced, let first = check.overrides.first {
            throw CommandError("The state is refused: \(first). Use --force to take it nevertheless.")
        }
        for override in check.overrides { context.output.note("Forced: \(override).") }
        guard !check.isUnchanged else {
            context.output.note("The newest version has the same content already; nothing was changed.")
            return .done
        }
        let now = check.current.map { "version \($0.version) with \($0.resourceCount) resources" } ?? "nothing"
        let question = "Replace \(now) by this state with \(check.document.resourceCount) resources?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let imported = try await program.vault.importState(
            bytes,
            into: deployment.id,
            author: program.person,
            reason: context.command.string("reason") ?? "import",
            force: isForced
        )
        return try done(imported.version, "Imported", context)
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
        let old = try await program.vault.export(deployment.id, version: version)
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
        let question = "Make version \(version) (\(old.version.resourceCount) resources) the current state of \(deployment.project)?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let saved = try await program.vault.rollback(
            deployment.id,
            to: version,
            author: program.person,
            reason: context.command.string("reason") ?? "rollback"
        )
        return try done(saved, "Back to version \(version)", context)
    }

    private static func done(_ version: StateVersion?, _ what: String, _ context: CommandContext) throws -> ExitCode {
        guard let version else {
            context.output.note("Nothing was changed.")
            return .done
        }
        if context.output.isJSON {
            try context.output.json(StateVersionDocument(version))
        } else {
            context.output.line("\(what), as version \(version.version) with serial \(version.serial).")
        }
        return .done
    }

    private static func setPin(_ context: CommandContext, isPinned: Bool) async throws -> ExitCode {
        guard let version = context.command.integer("version") else { throw UsageError(message: "--version is missing.") }
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        if isPinned {
            try await program.vault.pin(deployment.id, version: version, by: program.person)
        } else {
            try await program.vault.unpin(deployment.id, version: version, by: program.person)
        }
        if context.output.isJSON {
            try context.output.json(["version": "\(version)", "pinned": "\(isPinned)"])
        } else {
            context.output.line("Version \(version) is \(isPinned ? "pinned: retention keeps it" : "no longer pinned").")
        }
        return .done
    }
}

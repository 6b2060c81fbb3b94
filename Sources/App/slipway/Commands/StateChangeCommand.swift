import API
import FoundationEssentials
import Provisioning
import StateVault

/// Runs `slipway state rollback|restore|import|pin|unpin`: what a person decides about a state.
enum StateChangeCommand {
    private struct PinDocument: Encodable {
        let version: Int
        let pinned: Bool
    }

    private struct Rollback: Encodable {
        let version: Int
        let reason: String
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
        let project = try context.command.required("project")
        let isForced = context.command.flag("force")
        let installation = try await context.installation()
        var order = APIOrder(method: "POST", path: ["api", "deployments", project, "state", "import"], type: "application/json")
        order.body = try await opened([UInt8](data), at: path, installation, context)
        order.query = context.organizationQuery + [("dryRun", "true")]
        let check: ImportDocument = try JSONDocument.read(try await installation.send(order).body)
        if !isForced, let first = check.overrides.first {
            throw CommandError("The state is refused: \(first). Use --force to take it nevertheless.")
        }
        for override in check.overrides { context.output.note("Forced: \(override).") }
        guard !check.isUnchanged else {
            context.output.note("The newest version has the same content already; nothing was changed.")
            return .done
        }
        let now = check.current.map { "version \($0.version) with \(HumanText.count($0.resources, "resource"))" } ?? "nothing"
        let count = HumanText.count(check.resources, "resource")
        let question =
            check.isNew ? "Make the project \(project) of this state with \(count)?" : "Replace \(now) by this state with \(count)?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let reason = context.command.string("reason") ?? "import"
        order.query = context.organizationQuery + [("force", isForced ? "true" : nil), ("reason", reason)]
        try await installation.program?.ensureOrganization(context.organization)
        let imported: ImportDocument = try JSONDocument.read(try await installation.send(order).body)
        return try await done(imported.version, "Imported", context, installation)
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
        let project = try context.command.required("project")
        let installation = try await context.installation()
        let deployment: DeploymentDocument = try await installation.get("deployments", project, query: context.organizationQuery)
        let old = try await StateCommand.version(version, context, installation)
        // Opens it: what is damaged comes back from its backup here, or is said to be lost.
        let path = ["api", "deployments", project, "state", "versions", String(version), "file"]
        _ = try await installation.send(APIOrder(method: "GET", path: path, query: context.organizationQuery))
        guard version != Int(deployment.stateVersion) else {
            context.output.line("Version \(version) is the current one, and it is whole.")
            return .done
        }
        if !context.output.isJSON {
            do {
                let newest = Int(deployment.stateVersion)
                ComparisonText.show(try await StateCommand.compare(context, installation, from: newest, to: version), on: context.output)
            } catch {
                // The current one is lost: that is why someone goes back.
                context.output.note("\(ErrorText.sentence(of: error))")
            }
            context.output.note("What was made since version \(version) stays in the cloud; Terraform will not know it any more.")
        }
        let question = "Make version \(version) (\(HumanText.count(old.resources, "resource"))) the current state of \(project)?"
        guard try await context.confirmed([question, "  Only 'yes' will be accepted to confirm."]) else { return .cancelled }
        let body = try await installation.change(
            "POST",
            "deployments",
            project,
            "state",
            "rollback",
            query: context.organizationQuery,
            body: Rollback(version: version, reason: context.command.string("reason") ?? "rollback")
        )
        return try await done(try JSONDocument.read(body), "Back to version \(version)", context, installation)
    }

    private static func done(
        _ version: StateVersionDocument?,
        _ what: String,
        _ context: CommandContext,
        _ installation: Installation
    ) async throws -> ExitCode {
        guard let version else {
            context.output.note("Nothing was changed.")
            return .done
        }
        let problem = try await backUp(version.version, context, installation)
        if context.output.isJSON {
            try context.output.json(try await StateCommand.version(version.version, context, installation))
        } else {
            context.output.line("\(what), as version \(version.version) with serial \(version.serial).")
        }
        if let problem { context.output.note("Its backup waits for a worker: \(problem)") }
        return .done
    }

    /// Backs the version up at once, since nobody may run a worker here; what takes long is left to one, as a server's is.
    private static func backUp(_ version: Int, _ context: CommandContext, _ installation: Installation) async throws -> String? {
        guard let program = installation.program else { return nil }
        let deployment = try await StateSubject.deployment(context, program)
        do {
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    _ = try await program.vault.backUp(deployment.id, version: version)
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

    /// The state that a run had to leave in the data folder, which the keyring there opens; any other file as it is.
    private static func opened(
        _ bytes: [UInt8],
        at path: String,
        _ installation: Installation,
        _ context: CommandContext
    ) async throws -> [UInt8] {
        guard path.hasSuffix(".sealed") else { return bytes }
        if case .server(let url, _) = installation.place {
            throw CommandError("\(path) is sealed, and its key is not at \(url): import it on the machine whose data folder it lies in.")
        }
        let keyring = if let program = installation.program { program.keyring } else { try await context.open().keyring }
        return try SetAsideState.open(bytes, at: path, with: keyring) ?? bytes
    }

    private static func setPin(_ context: CommandContext, isPinned: Bool) async throws -> ExitCode {
        guard let version = context.command.integer("version") else { throw UsageError(message: "--version is missing.") }
        let project = try context.command.required("project")
        let installation = try await context.installation()
        let method = isPinned ? "PUT" : "DELETE"
        let query = context.organizationQuery
        try await installation.change(method, "deployments", project, "state", "versions", String(version), "pin", query: query)
        if context.output.isJSON {
            try context.output.json(PinDocument(version: version, pinned: isPinned))
        } else {
            context.output.line("Version \(version) is \(isPinned ? "pinned: retention keeps it" : "no longer pinned").")
        }
        return .done
    }
}

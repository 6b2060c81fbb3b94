import API
import Domain
import FoundationEssentials
import Host
import Provisioning
import StateVault
import Storage

/// Runs `slipway state pull|list|versions|show|diff|export`: what only looks.
enum StateCommand {
    static func pull(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let state = try await load(context, program)
        context.output.raw(String(decoding: state.bytes, as: UTF8.self))
        // Into a file go the very bytes, whose checksum is known.
        if context.output.isTerminal, state.bytes.last != UInt8(ascii: "\n") { context.output.line() }
        return .done
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let state = try await load(context, program)
        let addresses = try StateDocument(parsing: state.bytes).resources.filter { !$0.isDeposed }.map(\.address)
        if context.output.isJSON {
            try context.output.json(addresses)
        } else {
            for address in addresses { context.output.line(address) }
        }
        return .done
    }

    static func versions(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        let found = try await program.vault.versions(of: deployment.id, limit: context.command.integer("limit") ?? 20)
        if context.output.isJSON {
            try context.output.json(found.map(StateVersionDocument.init))
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No versions yet.")
            return .done
        }
        var table = Table([
            .init("VERSION", isRightAligned: true), .init("SERIAL", isRightAligned: true), .init("RESOURCES", isRightAligned: true),
            .init("CHANGES"), .init("SIZE", isRightAligned: true), .init("BACKUP"), .init("BY", isFlexible: true), .init("CREATED"),
        ])
        let now = Date()
        for version in found {
            table.add([
                String(version.version), String(version.serial), String(version.resourceCount), version.changeSummary ?? "",
                HumanText.bytes(version.byteCount), version.backupStatus.rawValue + (version.isPinned ? ", pinned" : ""),
                version.job?.rawValue ?? version.author,
                HumanText.relative(version.createdAt, now: now),
            ])
        }
        context.output.table(table)
        return .done
    }

    static func show(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let version = try await load(context, program).version
        let document = StateVersionDocument(version)
        if context.output.isJSON {
            try context.output.json(document)
        } else {
            for (name, value) in document.lines(now: Date()) {
                context.output.line(TextWidth.pad(name, to: 14) + Harmless.line(value))
            }
        }
        return .done
    }

    static func diff(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let deployment = try await StateSubject.deployment(context, program)
        let (from, to) = (context.command.integer("from"), context.command.integer("to"))
        let comparison = try await StateSubject.naming(deployment) { try await program.vault.compare(deployment.id, from: from, to: to) }
        if context.output.isJSON {
            try context.output.json(ComparisonDocument(comparison))
        } else {
            ComparisonText.show(comparison, on: context.output)
        }
        return .done
    }

    static func export(_ context: CommandContext) async throws -> ExitCode {
        let path = try context.command.required("output")
        let program = try await context.open()
        let state = try await load(context, program)
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandError("The file \(path) exists already; name another with --output.")
        }
        do {
            try FileSystem.write(state.bytes, to: path)
        } catch {
            throw CommandError("The file \(path) can't be written: \(error.systemMessage).")
        }
        if context.output.isJSON {
            try context.output.json(StateVersionDocument(state.version))
        } else {
            context.output.line("Version \(state.version.version) is in \(path); it holds secrets in plain text.")
        }
        return .done
    }

    // MARK: - Details

    private static func load(_ context: CommandContext, _ program: Composition) async throws -> LoadedState {
        let deployment = try await StateSubject.deployment(context, program)
        let version = context.command.integer("version")
        let found = try await StateSubject.naming(deployment) { try await program.vault.load(deployment.id, version: version) }
        guard let state = found else {
            throw CommandError(
                version.map {
                    "The project '\(deployment.project)' has no version \($0) of its state; `slipway state versions` lists them."
                }
                    ?? "The project '\(deployment.project)' has no state yet."
            )
        }
        return state
    }
}

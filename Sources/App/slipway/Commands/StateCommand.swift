import Domain
import FoundationEssentials
import Provisioning
import StateVault
import Storage

/// Runs `slipway state pull|list|versions`.
enum StateCommand {
    private struct VersionDocument: Encodable {
        let version: Int
        let serial: Int64
        let lineage: String
        let checksum: String
        let bytes: Int
        let sealedBytes: Int
        let resources: Int
        let job: String?
        let createdBy: String
        let changeSummary: String?
        let isFinal: Bool
        let createdAt: Date
    }

    static func pull(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let state = try await load(context, program)
        context.output.raw(String(decoding: state.bytes, as: UTF8.self))
        if state.bytes.last != UInt8(ascii: "\n") { context.output.line() }
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
        let deployment = try await deployment(context, program)
        let found = try await program.vault.versions(of: deployment.id, limit: context.command.integer("limit") ?? 20)
        if context.output.isJSON {
            try context.output.json(
                found.map { version in
                    VersionDocument(
                        version: version.version,
                        serial: version.serial,
                        lineage: version.lineage,
                        checksum: version.checksum,
                        bytes: version.byteCount,
                        sealedBytes: version.sealedByteCount,
                        resources: version.resourceCount,
                        job: version.job?.rawValue,
                        createdBy: version.author,
                        changeSummary: version.changeSummary,
                        isFinal: version.isFinal,
                        createdAt: version.createdAt
                    )
                }
            )
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No versions yet.")
            return .done
        }
        var table = Table([
            .init("VERSION", isRightAligned: true), .init("SERIAL", isRightAligned: true), .init("RESOURCES", isRightAligned: true),
            .init("CHANGES"), .init("SIZE", isRightAligned: true), .init("JOB", isFlexible: true), .init("CREATED"),
        ])
        let now = Date()
        for version in found {
            table.add([
                String(version.version), String(version.serial), String(version.resourceCount), version.changeSummary ?? "",
                HumanText.bytes(version.byteCount), version.job?.rawValue ?? version.author,
                HumanText.relative(version.createdAt, now: now),
            ])
        }
        context.output.table(table)
        return .done
    }

    // MARK: - Details

    private static func deployment(_ context: CommandContext, _ program: Composition) async throws -> Deployment {
        let (project, organization) = (try context.command.required("project"), context.organization)
        return try await program.database.read { try DeploymentStore().require(project: project, organization: organization, in: $0) }
    }

    private static func load(_ context: CommandContext, _ program: Composition) async throws -> LoadedState {
        let deployment = try await deployment(context, program)
        let version = context.command.integer("version")
        guard let state = try await program.vault.load(deployment.id, version: version) else {
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

import Access
import Audit
import FoundationEssentials
import Storage

/// Runs `slipway audit`.
enum AuditCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let command = context.command
            var filter = AuditFilter(
                actor: command.string("actor"),
                actionPrefix: command.string("action"),
                result: command.string("result").flatMap { AuditResult(rawValue: $0) }
            )
            if let name = context.onlyOrganization { filter.organization = try await program.store.requireOrganization(named: name).id }
            let (limit, before) = (command.integer("limit") ?? 20, command.integer("before").map(Int64.init))
            let found = try await program.database.read { [filter] in
                try AuditLog().entries(filter, before: before, limit: limit, in: $0)
            }
            if context.output.isJSON {
                try context.output.json(found.map(AuditDocument.init))
                return .done
            }
            guard !found.isEmpty else {
                context.output.note("The audit log has no such line.")
                return .done
            }
            var table = Table([
                .init("ID", isRightAligned: true), .init("WHEN"), .init("WHO", isFlexible: true), .init("FROM"), .init("ACTION"),
                .init("OF", isFlexible: true), .init("RESULT"),
            ])
            let now = Date()
            for entry in found {
                table.add([
                    String(entry.id), HumanText.relative(entry.createdAt, now: now), entry.actor, entry.source.isEmpty ? "-" : entry.source,
                    entry.action, entry.subject, entry.result.rawValue,
                ])
            }
            context.output.table(table)
            if found.count == limit, let last = found.last { context.output.note("Older ones: slipway audit --before \(last.id)") }
            return .done
        }
    }
}

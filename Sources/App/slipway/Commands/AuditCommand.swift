import API
import FoundationEssentials

/// Runs `slipway audit`.
enum AuditCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let query: [(name: String, value: String?)] = [
            ("actor", command.string("actor")), ("action", command.string("action")), ("result", command.string("result")),
            ("limit", String(command.integer("limit") ?? 20)), ("after", command.string("before")),
        ]
        let page: Page<AuditDocument> = try await context.installation().get("audit", query: context.everywhereQuery + query)
        if context.output.isJSON {
            try context.output.json(page.items)
            return .done
        }
        guard !page.items.isEmpty else {
            context.output.note("The audit log has no such line.")
            return .done
        }
        var table = Table([
            .init("ID", isRightAligned: true), .init("WHEN"), .init("WHO", isFlexible: true), .init("FROM"), .init("ACTION"),
            .init("OF", isFlexible: true), .init("RESULT"),
        ])
        let now = Date()
        for entry in page.items {
            table.add([
                String(entry.id), HumanText.relative(entry.createdAt, now: now), entry.actor, entry.source.isEmpty ? "-" : entry.source,
                entry.action, entry.subject, entry.result,
            ])
        }
        context.output.table(table)
        if page.next != nil, let last = page.items.last { context.output.note("Older ones: slipway audit --before \(last.id)") }
        return .done
    }
}

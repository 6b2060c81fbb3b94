import API
import FoundationEssentials

/// Runs `slipway token add|list|revoke`.
enum TokenCommand {
    private struct NewToken: Encodable {
        let name: String
        var organization: String?
        var role: String?
        var user: String?
        var administrator: Bool?
        var permissions: [String]?
        var expiresInSeconds: Int?
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let body = try await context.installation().change("POST", "tokens", body: try order(context))
        let made: TokenDocument = try JSONDocument.read(body)
        if context.output.isJSON {
            try context.output.json(made)
        } else {
            context.output.note("This token is shown once; only its hash is kept.")
            context.output.line(made.token ?? "")
        }
        return .done
    }

    private static func order(_ context: CommandContext) throws -> NewToken {
        let command = context.command
        var order = NewToken(name: try command.required("NAME"))
        if let name = command.string("user") {
            (order.user, order.role, order.organization) = (name, command.string("role"), context.onlyOrganization)
        } else if command.flag("administrator") {
            order.administrator = true
        } else {
            (order.organization, order.role) = (context.organization, command.string("role") ?? "member")
        }
        let permissions = command.strings("permission")
        if !permissions.isEmpty { order.permissions = permissions }
        order.expiresInSeconds = command.duration("expires").map { Int($0.components.seconds) }
        return order
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        var found: [TokenDocument] = try await context.installation().all("tokens", query: context.everywhereQuery)
        let now = Date()
        if !context.command.flag("all") { found.removeAll { $0.revokedAt != nil || $0.expiresAt.map { $0 <= now } ?? false } }
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No tokens; `slipway token add NAME` makes one.")
            return .done
        }
        var table = Table([
            .init("ID", isRightAligned: true), .init("NAME", isFlexible: true), .init("TOKEN"), .init("OF", isFlexible: true),
            .init("MAY", isFlexible: true), .init("ENDS"), .init("USED"),
        ])
        for token in found { table.add(cells(of: token, now: now)) }
        context.output.table(table)
        return .done
    }

    private static func cells(of token: TokenDocument, now: Date) -> [String] {
        let owner = [token.user, token.organization].compactMap(\.self).joined(separator: " in ")
        let most = token.administrator ? "everything" : token.role ?? "all of the user's"
        let end = token.revokedAt != nil ? "revoked" : token.expiresAt.map { HumanText.relative($0, now: now) } ?? "-"
        return [
            String(token.id), token.name, token.hint, token.administrator ? "administrator" : owner,
            token.permissions?.joined(separator: " ") ?? most, end, token.lastUsedAt.map { HumanText.relative($0, now: now) } ?? "never",
        ]
    }

    static func revoke(_ context: CommandContext) async throws -> ExitCode {
        let body = try await context.installation().change("DELETE", "tokens", try context.command.required("ID"))
        let token: TokenDocument = try JSONDocument.read(body)
        if context.output.isJSON {
            try context.output.json(token)
        } else {
            context.output.line("The token \(token.id) '\(token.name)' is revoked; a running server notices within seconds.")
        }
        return .done
    }
}

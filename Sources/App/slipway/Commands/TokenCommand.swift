import Access
import Domain
import FoundationEssentials

/// Runs `slipway token add|list|revoke`.
enum TokenCommand {
    static func add(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let made = try await program.store.createToken(try await order(context, program.store), by: program.author)
            if context.output.isJSON {
                try context.output.json(TokenDocument(made.token, text: made.text))
            } else {
                context.output.note("This token is shown once; only its hash is kept.")
                context.output.line(made.text)
            }
            return .done
        }
    }

    private static func order(_ context: CommandContext, _ store: AccessStore) async throws -> NewToken {
        let command = context.command
        let role = command.string("role").flatMap { Role(rawValue: $0) }
        var order = NewToken(name: try command.required("NAME"), owner: .administrator)
        if let name = command.string("user") {
            order.owner = .user(try await store.requireUser(named: name).id)
            order.role = role
            if let only = context.onlyOrganization { order.organization = try await store.requireOrganization(named: only).id }
        } else if !command.flag("administrator") {
            order.owner = .organization(try await store.requireOrganization(named: context.organization).id, role ?? .member)
        }
        let permissions = command.strings("permission").compactMap { Permission(rawValue: $0) }
        if !permissions.isEmpty { order.permissions = Permissions(permissions) }
        if let lifetime = command.duration("expires") { order.expiresAt = Date() + lifetime / .seconds(1) }
        return order
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            var only: OrganizationID?
            if let name = context.onlyOrganization { only = try await program.store.requireOrganization(named: name).id }
            var found: [Token] = []
            repeat {
                let page = try await program.store.tokens(of: only, after: found.last?.id, limit: 1000)
                found += page
                if page.count < 1000 { break }
            } while true
            let now = Date()
            if !context.command.flag("all") { found.removeAll { $0.isOver(at: now) } }
            if context.output.isJSON {
                try context.output.json(found.map { TokenDocument($0) })
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
    }

    private static func cells(of token: Token, now: Date) -> [String] {
        let owner = [token.userName, token.organizationName].compactMap(\.self).joined(separator: " in ")
        let most = token.isAdministrator ? "everything" : token.role?.rawValue ?? "all of the user's"
        let end = token.revokedAt != nil ? "revoked" : token.expiresAt.map { HumanText.relative($0, now: now) } ?? "-"
        return [
            token.id.description, token.name, token.hint, token.isAdministrator ? "administrator" : owner,
            token.permissions.map { $0.list.map(\.rawValue).joined(separator: " ") } ?? most, end,
            token.lastUsedAt.map { HumanText.relative($0, now: now) } ?? "never",
        ]
    }

    static func revoke(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            guard let id = context.command.integer("ID") else { throw CommandError("Name the token by its number.") }
            let token = try await program.store.revokeToken(TokenID(rawValue: Int64(id)), by: program.author)
            if context.output.isJSON {
                try context.output.json(TokenDocument(token))
            } else {
                context.output.line("The token \(token.id) '\(token.name)' is revoked; a running server notices within seconds.")
            }
            return .done
        }
    }
}

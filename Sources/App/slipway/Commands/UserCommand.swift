import Access
import FoundationEssentials

/// Runs `slipway user add|list|disable|enable|password|grant|revoke`.
enum UserCommand {
    private struct PasswordDocument: Encodable {
        let user: String
        let password: String?
    }

    private struct PlaceDocument: Encodable {
        let user: String
        let organization: String
        let role: String?
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let password = try PasswordSource.read(context)
        return try await AccessProgram.with(context) { program in
            let user = try await program.store.createUser(
                named: try context.command.required("USER"),
                password: password?.text,
                isAdministrator: context.command.flag("administrator"),
                by: program.author
            )
            let shown = password.flatMap { $0.isNew ? $0.text : nil }
            if context.output.isJSON {
                try context.output.json(PasswordDocument(user: user.name, password: shown))
            } else {
                context.output.line("The user '\(user.name)' is added; `slipway user grant` gives a place in an organization.")
                if let shown { context.output.line("password: \(shown)") }
            }
            return .done
        }
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            var found: [(User, [Membership])] = []
            repeat {
                let page = try await program.store.users(after: found.last?.0.id, limit: 1000)
                for user in page { found.append((user, try await program.store.memberships(of: user.id))) }
                if page.count < 1000 { break }
            } while true
            if let only = context.onlyOrganization {
                found = found.filter { user, places in user.isAdministrator || places.contains { $0.organizationName == only } }
            }
            if context.output.isJSON {
                try context.output.json(found.map { UserDocument($0, $1) })
                return .done
            }
            guard !found.isEmpty else {
                context.output.note("No users; `slipway user add NAME` adds one.")
                return .done
            }
            var table = Table([.init("USER"), .init("STATE"), .init("PLACES", isFlexible: true), .init("CREATED")])
            let now = Date()
            for (user, places) in found {
                let names = user.isAdministrator ? ["administrator"] : places.map { "\($0.organizationName):\($0.role.rawValue)" }
                let state = user.disabledAt != nil ? "disabled" : user.hasPassword ? "active" : "tokens only"
                table.add([user.name, state, names.joined(separator: " "), HumanText.relative(user.createdAt, now: now)])
            }
            context.output.table(table)
            return .done
        }
    }

    static func disable(_ context: CommandContext) async throws -> ExitCode { try await setDisabled(true, context) }
    static func enable(_ context: CommandContext) async throws -> ExitCode { try await setDisabled(false, context) }

    private static func setDisabled(_ isDisabled: Bool, _ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let user = try await program.store.requireUser(named: try context.command.required("USER"))
            let changed = try await program.store.setDisabled(isDisabled, user: user.id, by: program.author)
            if context.output.isJSON {
                try context.output.json(UserDocument(changed, try await program.store.memberships(of: user.id)))
            } else {
                let what = isDisabled ? "is disabled: neither password nor tokens work, within seconds" : "is enabled again"
                context.output.line("The user '\(user.name)' \(what).")
            }
            return .done
        }
    }

    static func password(_ context: CommandContext) async throws -> ExitCode {
        guard let password = try PasswordSource.read(context) else {
            throw UsageError(message: "Say where the password is: --password-file FILE, or --generate.", command: context.command.path)
        }
        return try await AccessProgram.with(context) { program in
            let user = try await program.store.requireUser(named: try context.command.required("USER"))
            try await program.store.setPassword(password.text, of: user.id, by: program.author)
            if context.output.isJSON {
                try context.output.json(PasswordDocument(user: user.name, password: password.isNew ? password.text : nil))
            } else {
                context.output.line("The user '\(user.name)' has another password, and is logged out everywhere.")
                if password.isNew { context.output.line("password: \(password.text)") }
            }
            return .done
        }
    }

    static func grant(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let text = try context.command.required("role")
            guard let role = Role(rawValue: text) else { throw CommandError("There is no role '\(text)'.") }
            let user = try await program.store.requireUser(named: try context.command.required("USER"))
            let organization = try await program.store.requireOrganization(named: context.organization)
            try await program.store.grant(role, to: user.id, in: organization.id, by: program.author)
            if context.output.isJSON {
                try context.output.json(PlaceDocument(user: user.name, organization: organization.name, role: text))
            } else {
                context.output.line("'\(user.name)' is \(text) of '\(organization.name)'.")
            }
            return .done
        }
    }

    static func revoke(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let user = try await program.store.requireUser(named: try context.command.required("USER"))
            let organization = try await program.store.requireOrganization(named: context.organization)
            guard try await program.store.revoke(user.id, in: organization.id, by: program.author) else {
                throw CommandError("'\(user.name)' has no place in '\(organization.name)'; `slipway user list` shows the places.")
            }
            if context.output.isJSON {
                try context.output.json(PlaceDocument(user: user.name, organization: organization.name, role: nil))
            } else {
                context.output.line("'\(user.name)' has no place in '\(organization.name)' any more.")
            }
            return .done
        }
    }
}

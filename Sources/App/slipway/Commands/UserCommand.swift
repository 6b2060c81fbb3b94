import API
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

    private struct NewUser: Encodable {
        let name: String
        let password: String?
        let administrator: Bool
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let password = try PasswordSource.read(context)
        let new = NewUser(
            name: try context.command.required("USER"),
            password: password?.text,
            administrator: context.command.flag("administrator")
        )
        let user: UserDocument = try JSONDocument.read(try await context.installation().change("POST", "users", body: new))
        let shown = password.flatMap { $0.isNew ? $0.text : nil }
        if context.output.isJSON {
            try context.output.json(PasswordDocument(user: user.name, password: shown))
        } else {
            context.output.line("The user '\(user.name)' is added; `slipway user grant` gives a place in an organization.")
            if let shown { context.output.line("password: \(shown)") }
        }
        return .done
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        var found: [UserDocument] = try await context.installation().all("users")
        if let only = context.onlyOrganization {
            found = found.filter { user in user.administrator || user.memberships.contains { $0.organization == only } }
        }
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No users; `slipway user add NAME` adds one.")
            return .done
        }
        var table = Table([.init("USER"), .init("STATE"), .init("PLACES", isFlexible: true), .init("CREATED")])
        let now = Date()
        for user in found {
            let names = user.administrator ? ["administrator"] : user.memberships.map { "\($0.organization):\($0.role)" }
            let state = user.disabledAt != nil ? "disabled" : user.hasPassword ? "active" : "tokens only"
            table.add([user.name, state, names.joined(separator: " "), HumanText.relative(user.createdAt, now: now)])
        }
        context.output.table(table)
        return .done
    }

    static func disable(_ context: CommandContext) async throws -> ExitCode {
        try await setDisabled("disable", "is disabled: neither password nor tokens work, within seconds", context)
    }

    static func enable(_ context: CommandContext) async throws -> ExitCode {
        try await setDisabled("enable", "is enabled again", context)
    }

    private static func setDisabled(_ verb: String, _ what: String, _ context: CommandContext) async throws -> ExitCode {
        let body = try await context.installation().change("POST", "users", try context.command.required("USER"), verb)
        let user: UserDocument = try JSONDocument.read(body)
        if context.output.isJSON {
            try context.output.json(user)
        } else {
            context.output.line("The user '\(user.name)' \(what).")
        }
        return .done
    }

    static func password(_ context: CommandContext) async throws -> ExitCode {
        guard let password = try PasswordSource.read(context) else {
            throw UsageError(message: "Say where the password is: --password-file FILE, or --generate.", command: context.command.path)
        }
        let name = try context.command.required("USER").lowercased()
        try await context.installation().change("PUT", "users", name, "password", body: ["password": password.text])
        if context.output.isJSON {
            try context.output.json(PasswordDocument(user: name, password: password.isNew ? password.text : nil))
        } else {
            context.output.line("The user '\(name)' has another password, and is logged out everywhere.")
            if password.isNew { context.output.line("password: \(password.text)") }
        }
        return .done
    }

    static func grant(_ context: CommandContext) async throws -> ExitCode {
        let (name, role) = (try context.command.required("USER").lowercased(), try context.command.required("role"))
        let installation = try await context.installation()
        try await installation.change("PUT", "organizations", context.organization, "members", name, body: ["role": role])
        if context.output.isJSON {
            try context.output.json(PlaceDocument(user: name, organization: context.organization, role: role))
        } else {
            context.output.line("'\(name)' is \(role) of '\(context.organization)'.")
        }
        return .done
    }

    static func revoke(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("USER").lowercased()
        try await context.installation().change("DELETE", "organizations", context.organization, "members", name)
        if context.output.isJSON {
            try context.output.json(PlaceDocument(user: name, organization: context.organization, role: nil))
        } else {
            context.output.line("'\(name)' has no place in '\(context.organization)' any more.")
        }
        return .done
    }
}

import API
import FoundationEssentials

/// Runs `slipway keys ssh`.
enum SSHKeyCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let name = command.string("NAME") ?? "default"
        let installation = try await context.installation()
        // A key may be wanted before the first deploy, to be put into an image.
        try await installation.program?.ensureOrganization(context.organization)
        if command.flag("list") { return try await list(installation, context) }
        if command.flag("remove") {
            try await installation.change("DELETE", "ssh-keys", name, query: context.organizationQuery)
            if context.output.isJSON {
                try context.output.json(["removed": name])
            } else {
                context.output.line("The SSH key '\(name)' is gone.")
            }
            return .done
        }
        let key: SSHKeyDocument
        if command.flag("new") || name == "default" {
            key = try JSONDocument.read(try await installation.change("PUT", "ssh-keys", name, query: context.organizationQuery))
        } else {
            let keys: Page<SSHKeyDocument> = try await installation.get("ssh-keys", query: context.organizationQuery)
            guard let found = keys.items.first(where: { $0.name == name }) else {
                throw CommandError("There is no SSH key '\(name)'; `slipway keys ssh \(name) --new` makes one.")
            }
            key = found
        }
        if context.output.isJSON {
            try context.output.json(key)
        } else {
            context.output.line(key.publicKey)
        }
        return .done
    }

    private static func list(_ installation: Installation, _ context: CommandContext) async throws -> ExitCode {
        let keys: Page<SSHKeyDocument> = try await installation.get("ssh-keys", query: context.organizationQuery)
        if context.output.isJSON {
            try context.output.json(keys.items)
            return .done
        }
        guard !keys.items.isEmpty else {
            context.output.note("No SSH keys yet; `slipway keys ssh` makes the first.")
            return .done
        }
        var table = Table([.init("NAME", isFlexible: true), .init("FINGERPRINT"), .init("MADE BY", isFlexible: true), .init("CREATED")])
        let now = Date()
        for key in keys.items { table.add([key.name, key.fingerprint, key.createdBy, HumanText.relative(key.createdAt, now: now)]) }
        context.output.table(table)
        return .done
    }
}

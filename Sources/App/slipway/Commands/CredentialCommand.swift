import API
import FoundationEssentials
import Provisioning

/// Runs `slipway credential add|list|remove`.
enum CredentialCommand {
    private struct Order: Encodable {
        let provider: String
        let variables: [String: String]
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let name = try command.required("NAME")
        let provider = command.string("provider")
        var values: [String: String] = [:]
        if let provider {
            values = ProviderVariables.values(of: provider, in: context.environment)
            guard !values.isEmpty else {
                throw CommandError("Your environment holds none of \(provider)'s variables; set them, or use --env or --file.")
            }
        }
        values.merge(try ProviderVariables.named(command.strings("env"), in: context.environment)) { _, named in named }
        if let file = command.string("file") { values.merge(try VariableLines.read(file)) { _, read in read } }
        let installation = try await context.installation()
        try await installation.program?.ensureOrganization(context.organization)
        let order = Order(provider: provider ?? ProviderVariables.provider(of: values) ?? "other", variables: values)
        try await installation.change("PUT", "credentials", name, query: context.organizationQuery, body: order)
        if context.output.isJSON {
            try context.output.json(["credential": name])
        } else {
            context.output.line("Credential '\(name)' is kept, with \(values.keys.sorted().joined(separator: ", ")).")
        }
        return .done
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let found: Page<CredentialStore.Summary> = try await context.installation().get("credentials", query: context.organizationQuery)
        if context.output.isJSON {
            try context.output.json(found.items)
            return .done
        }
        guard !found.items.isEmpty else {
            context.output.note("No credentials; `slipway credential add NAME` keeps one.")
            return .done
        }
        var table = Table([.init("NAME"), .init("PROVIDER"), .init("VARIABLES", isFlexible: true), .init("UPDATED")])
        let now = Date()
        for credential in found.items {
            table.add([
                credential.name, credential.provider, credential.variables.joined(separator: " "),
                HumanText.relative(credential.updatedAt, now: now),
            ])
        }
        context.output.table(table)
        return .done
    }

    static func remove(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("NAME")
        try await context.installation().change("DELETE", "credentials", name, query: context.organizationQuery)
        if context.output.isJSON {
            try context.output.json(["removed": name])
        } else {
            context.output.line("Credential '\(name)' is forgotten.")
        }
        return .done
    }
}

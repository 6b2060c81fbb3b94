import Audit
import FoundationEssentials
import Provisioning

/// Runs `slipway credential add|list|remove`.
enum CredentialCommand {
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
        let program = try await context.open()
        try await program.credentials.add(
            name: name,
            provider: provider ?? ProviderVariables.provider(of: values) ?? "other",
            values: values,
            organization: context.organization,
            by: Author(program.person),
            now: Date()
        )
        if context.output.isJSON {
            try context.output.json(["credential": name])
        } else {
            context.output.line("Credential '\(name)' is kept, with \(values.keys.sorted().joined(separator: ", ")).")
        }
        return .done
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let found = try await context.open().credentials.list(organization: context.organization)
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No credentials; `slipway credential add NAME` keeps one.")
            return .done
        }
        var table = Table([.init("NAME"), .init("PROVIDER"), .init("VARIABLES", isFlexible: true), .init("UPDATED")])
        let now = Date()
        for credential in found {
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
        let program = try await context.open()
        let author = Author(program.person)
        guard try await program.credentials.remove(name: name, organization: context.organization, by: author, now: Date()) else {
            throw CommandError("There is no credential '\(name)'; `slipway credential list` shows those there are.")
        }
        if context.output.isJSON {
            try context.output.json(["removed": name])
        } else {
            context.output.line("Credential '\(name)' is forgotten.")
        }
        return .done
    }
}

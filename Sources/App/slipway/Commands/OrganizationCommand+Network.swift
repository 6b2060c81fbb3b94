import API

/// Runs `slipway org network`.
extension OrganizationCommand {
    private struct Wanted: Encodable {
        var network: String?
        var networkAllow: [String]?
    }

    static func network(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let name = try command.required("NAME")
        let installation = try await context.installation()
        let found: OrganizationDocument
        if command.flag("reset") {
            found = try JSONDocument.read(try await installation.change("DELETE", "organizations", name, "network"))
        } else if ["network", "allow", "allow-nothing"].contains(where: command.flag) {
            var wanted = Wanted(network: command.string("network"))
            if command.flag("allow") { wanted.networkAllow = command.strings("allow") }
            if command.flag("allow-nothing") { wanted.networkAllow = [] }
            found = try JSONDocument.read(try await installation.change("PUT", "organizations", name, "network", body: wanted))
        } else {
            found = try await installation.get("organizations", name)
        }
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        context.output.line("network  \(found.network ?? "as configured for all organizations")")
        context.output.line("allowed  \(found.networkAllow.isEmpty ? "nothing" : found.networkAllow.joined(separator: " "))")
        return .done
    }
}

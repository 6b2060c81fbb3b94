import API
import Domain

/// Runs `slipway org limits`.
extension OrganizationCommand {
    static func limits(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let name = try command.required("NAME")
        let installation = try await context.installation()
        var wanted: [String: Double] = [:]
        for limit in RunLimit.allCases { wanted[limit.field] = command.string(limit.rawValue).flatMap(limit.amount) }
        let found: OrganizationDocument
        if command.flag("reset") {
            found = try JSONDocument.read(try await installation.change("DELETE", "organizations", name, "limits"))
        } else if !wanted.isEmpty {
            found = try JSONDocument.read(try await installation.change("PUT", "organizations", name, "limits", body: wanted))
        } else {
            found = try await installation.get("organizations", name)
        }
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        var table = Table([.init("LIMIT"), .init("VALUE", isRightAligned: true), .init("SET FOR", isFlexible: true)])
        for limit in RunLimit.allCases {
            let amount = found.limits[limit].map(limit.text) ?? "all"
            table.add([limit.rawValue, amount, found.limits.isOwn(limit) ? found.name : "all organizations"])
        }
        context.output.table(table)
        return .done
    }
}

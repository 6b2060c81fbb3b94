import API
import FoundationEssentials

/// Runs `slipway org add|list|rename|licence|network|limits|remove`.
enum OrganizationCommand {
    /// A licence, as it is set: what is left out is unlimited.
    private struct Limits: Encodable {
        var maxServers: Int?
        var maxConcurrentRuns: Int?
        var features: [String: Bool]
    }

    private struct Licensed: Decodable {
        let licence: LicenceDocument?
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("NAME")
        let body = try await context.installation().change("POST", "organizations", body: ["name": name])
        let made: OrganizationDocument = try JSONDocument.read(body)
        return try finish(context, made, "The organization '\(name)' is made; give people places with `slipway user grant`.")
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let found: [OrganizationDocument] = try await context.installation().all("organizations")
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No organizations; the first deploy makes one, or `slipway org add NAME`.")
            return .done
        }
        var table = Table([.init("ID", isRightAligned: true), .init("NAME", isFlexible: true), .init("CREATED")])
        let now = Date()
        for found in found { table.add([String(found.organization), found.name, HumanText.relative(found.createdAt, now: now)]) }
        context.output.table(table)
        return .done
    }

    static func rename(_ context: CommandContext) async throws -> ExitCode {
        let (name, new) = (try context.command.required("NAME"), try context.command.required("NEW"))
        let body = try await context.installation().change("PATCH", "organizations", name, body: ["name": new])
        let renamed: OrganizationDocument = try JSONDocument.read(body)
        return try finish(context, renamed, "'\(name)' is called '\(renamed.name)' now.")
    }

    static func licence(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let name = try command.required("NAME")
        let installation = try await context.installation()
        var licence = try await installation.get("organizations", name, "licence", as: Licensed.self).licence
        if command.flag("none") {
            try await installation.change("DELETE", "organizations", name, "licence")
            licence = nil
        } else if ["max-servers", "max-runs", "enable", "disable"].contains(where: command.flag) {
            var limits = Limits(
                maxServers: command.integer("max-servers") ?? licence?.maxServers,
                maxConcurrentRuns: command.integer("max-runs") ?? licence?.maxConcurrentRuns,
                features: licence?.features ?? [:]
            )
            for feature in command.strings("enable") { limits.features[feature] = true }
            for feature in command.strings("disable") { limits.features[feature] = nil }
            try await installation.change("PUT", "organizations", name, "licence", body: limits)
            licence = try await installation.get("organizations", name, "licence", as: Licensed.self).licence
        }
        if context.output.isJSON {
            try context.output.json(licence ?? LicenceDocument(nil, of: name))
            return .done
        }
        guard let licence else {
            context.output.line("'\(name)' has no licence: no limits, and no features.")
            return .done
        }
        context.output.line("servers   at most \(licence.maxServers.map(String.init) ?? "any number")")
        context.output.line("runs      at most \(licence.maxConcurrentRuns.map(String.init) ?? "any number") at once")
        let features = licence.features.filter(\.value).keys.sorted().joined(separator: " ")
        context.output.line("features  \(features.isEmpty ? "none" : features)")
        return .done
    }

    static func remove(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("NAME")
        let installation = try await context.installation()
        // One that isn't there needs no question.
        _ = try await installation.get("organizations", name, as: OrganizationDocument.self)
        let question = [
            "Do you really want to remove the organization '\(name)'?",
            "  Its tokens, places, credentials and kept states go with it. Only 'yes' will be accepted to confirm.",
        ]
        guard try await context.confirmed(question) else {
            context.output.note("The organization stays.")
            return .cancelled
        }
        try await installation.change("DELETE", "organizations", name)
        return try finish(context, ["removed": name], "The organization '\(name)' is removed.")
    }

    private static func finish(_ context: CommandContext, _ document: some Encodable, _ sentence: String) throws -> ExitCode {
        if context.output.isJSON { try context.output.json(document) } else { context.output.line(sentence) }
        return .done
    }
}

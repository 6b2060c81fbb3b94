import Access
import Domain
import FoundationEssentials

/// Runs `slipway org add|list|rename|licence|remove`.
enum OrganizationCommand {
    static func add(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let name = try context.command.required("NAME")
            let made = try await program.store.createOrganization(named: name, by: program.author)
            return try finish(
                context,
                OrganizationDocument(made),
                "The organization '\(name)' is made; give people places with `slipway user grant`."
            )
        }
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            var found: [Organization] = []
            repeat {
                let page = try await program.store.organizations(after: found.last?.id, limit: 1000)
                found += page
                if page.count < 1000 { break }
            } while true
            if context.output.isJSON {
                try context.output.json(found.map(OrganizationDocument.init))
                return .done
            }
            guard !found.isEmpty else {
                context.output.note("No organizations; the first deploy makes one, or `slipway org add NAME`.")
                return .done
            }
            var table = Table([.init("ID", isRightAligned: true), .init("NAME", isFlexible: true), .init("CREATED")])
            let now = Date()
            for organization in found {
                table.add([organization.id.description, organization.name, HumanText.relative(organization.createdAt, now: now)])
            }
            context.output.table(table)
            return .done
        }
    }

    static func rename(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let (name, new) = (try context.command.required("NAME"), try context.command.required("NEW"))
            let old = try await program.store.requireOrganization(named: name)
            let renamed = try await program.store.renameOrganization(old.id, to: new, by: program.author)
            return try finish(context, OrganizationDocument(renamed), "'\(name)' is called '\(renamed.name)' now.")
        }
    }

    static func licence(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let command = context.command
            let organization = try await program.store.requireOrganization(named: try command.required("NAME"))
            var licence = try await program.store.licence(of: organization.id)
            if command.flag("none") {
                licence = nil
                try await program.store.setLicence(nil, of: organization.id, by: program.author)
            } else if ["max-servers", "max-runs", "enable", "disable"].contains(where: command.flag) {
                var changed = licence ?? Licence()
                if let count = command.integer("max-servers") { changed.maximumServers = count }
                if let count = command.integer("max-runs") { changed.maximumConcurrentRuns = count }
                for feature in command.strings("enable") { changed.features[feature] = true }
                for feature in command.strings("disable") { changed.features[feature] = nil }
                try await program.store.setLicence(changed, of: organization.id, by: program.author)
                licence = changed
            }
            if context.output.isJSON {
                try context.output.json(LicenceDocument(licence, of: organization.name))
                return .done
            }
            guard let licence else {
                context.output.line("'\(organization.name)' has no licence: no limits, and no features.")
                return .done
            }
            context.output.line("servers   at most \(licence.maximumServers.map(String.init) ?? "any number")")
            context.output.line("runs      at most \(licence.maximumConcurrentRuns.map(String.init) ?? "any number") at once")
            let features = licence.features.filter(\.value).keys.sorted().joined(separator: " ")
            context.output.line("features  \(features.isEmpty ? "none" : features)")
            return .done
        }
    }

    static func remove(_ context: CommandContext) async throws -> ExitCode {
        try await AccessProgram.with(context) { program in
            let name = try context.command.required("NAME")
            let organization = try await program.store.requireOrganization(named: name)
            let question = [
                "Do you really want to remove the organization '\(name)'?",
                "  Its tokens, places, credentials and kept states go with it. Only 'yes' will be accepted to confirm.",
            ]
            guard try await context.confirmed(question) else {
                context.output.note("The organization stays.")
                return .cancelled
            }
            try await program.store.deleteOrganization(organization.id, by: program.author)
            return try finish(context, ["removed": name], "The organization '\(name)' is removed.")
        }
    }

    private static func finish(_ context: CommandContext, _ document: some Encodable, _ sentence: String) throws -> ExitCode {
        if context.output.isJSON { try context.output.json(document) } else { context.output.line(sentence) }
        return .done
    }
}

import API
import FoundationEssentials
import Host
import Log

/// Runs `slipway state pull|list|versions|show|diff|export`: what only looks.
enum StateCommand {
    static func pull(_ context: CommandContext) async throws -> ExitCode {
        let state = try await load(context, try await context.installation()).body
        let text = String(decoding: state, as: UTF8.self)
        // Into a file go the very bytes, whose checksum is known.
        if context.output.isTerminal {
            context.output.document(text.last == "\n" ? String(text.dropLast()) : text)
        } else {
            context.output.raw(text)
        }
        return .done
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let project = try context.command.required("project")
        let query = context.organizationQuery + [("version", context.command.string("version"))]
        let found: [String: [String]] = try await context.installation().get("deployments", project, "state", "resources", query: query)
        let addresses = found["items"] ?? []
        if context.output.isJSON {
            try context.output.json(addresses)
        } else {
            for address in addresses { context.output.line(address) }
        }
        return .done
    }

    static func versions(_ context: CommandContext) async throws -> ExitCode {
        let found = try await versions(context, try await context.installation(), limit: context.command.integer("limit") ?? 20)
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No versions yet.")
            return .done
        }
        var table = Table([
            .init("VERSION", isRightAligned: true), .init("SERIAL", isRightAligned: true), .init("RESOURCES", isRightAligned: true),
            .init("CHANGES"), .init("SIZE", isRightAligned: true), .init("BACKUP"), .init("BY", isFlexible: true), .init("CREATED"),
        ])
        let now = Date()
        for version in found {
            table.add([
                String(version.version), String(version.serial), String(version.resources), version.changeSummary ?? "",
                HumanText.bytes(version.bytes), version.backupStatus + (version.isPinned ? ", pinned" : ""),
                version.job ?? version.createdBy, HumanText.relative(version.createdAt, now: now),
            ])
        }
        context.output.table(table)
        return .done
    }

    static func show(_ context: CommandContext) async throws -> ExitCode {
        let installation = try await context.installation()
        let document: StateVersionDocument
        if let version = context.command.integer("version") {
            document = try await self.version(version, context, installation)
        } else {
            guard let newest = try await versions(context, installation, limit: 1).first else {
                throw CommandError("The project '\(try context.command.required("project"))' has no state yet.")
            }
            document = newest
        }
        if context.output.isJSON {
            try context.output.json(document)
        } else {
            for (name, value) in document.lines(now: Date()) {
                context.output.line(TextWidth.pad(name, to: 14) + Harmless.line(value))
            }
        }
        return .done
    }

    static func diff(_ context: CommandContext) async throws -> ExitCode {
        let comparison = try await compare(
            context,
            try await context.installation(),
            from: context.command.integer("from"),
            to: context.command.integer("to")
        )
        if context.output.isJSON {
            try context.output.json(comparison)
        } else {
            ComparisonText.show(comparison, on: context.output)
        }
        return .done
    }

    static func export(_ context: CommandContext) async throws -> ExitCode {
        let path = try context.command.required("output")
        let installation = try await context.installation()
        let state = try await load(context, installation)
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandError("The file \(path) exists already; name another with --output.")
        }
        do {
            try FileSystem.write(state.body, to: path)
        } catch {
            throw CommandError("The file \(path) can't be written: \(error.systemMessage).")
        }
        let version = state.stateVersion ?? 0
        if context.output.isJSON {
            try context.output.json(try await self.version(version, context, installation))
        } else {
            context.output.line("Version \(version) is in \(path); it holds secrets in plain text.")
        }
        return .done
    }

    // MARK: - Parts

    /// A version's state, or the newest.
    static func load(_ context: CommandContext, _ installation: Installation) async throws -> APIAnswer {
        let project = try context.command.required("project")
        let end = context.command.string("version").map { ["versions", $0, "file"] } ?? []
        let path = ["api", "deployments", project, "state"] + end
        return try await installation.send(APIOrder(method: "GET", path: path, query: context.organizationQuery))
    }

    static func version(_ number: Int, _ context: CommandContext, _ installation: Installation) async throws -> StateVersionDocument {
        let project = try context.command.required("project")
        return try await installation.get("deployments", project, "state", "versions", String(number), query: context.organizationQuery)
    }

    static func compare(
        _ context: CommandContext,
        _ installation: Installation,
        from: Int?,
        to: Int?
    ) async throws -> ComparisonDocument {
        let query: [(name: String, value: String?)] = [("from", from.map(String.init)), ("to", to.map(String.init))]
        let project = try context.command.required("project")
        return try await installation.get("deployments", project, "state", "diff", query: context.organizationQuery + query)
    }

    private static func versions(_ context: CommandContext, _ installation: Installation, limit: Int) async throws -> [StateVersionDocument]
    {
        let project = try context.command.required("project")
        let query = context.organizationQuery + [("limit", String(limit))]
        let page: Page<StateVersionDocument> = try await installation.get("deployments", project, "state", "versions", query: query)
        return page.items
    }
}

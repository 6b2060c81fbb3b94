import API
import Domain
import FoundationEssentials
import Log

/// Runs `slipway server register|list|show|check|rename|remove`.
enum ServerCommand {
    private struct Registration: Encodable {
        var sshKey: String?
    }

    private struct Accepted: Decodable {
        let jobId: String
    }

    private struct Queued: Encodable {
        let job: String
        let status = "pending"
    }

    // MARK: - Registering

    static func register(_ context: CommandContext) async throws -> ExitCode {
        let named = try context.command.required("DEPLOYMENT")
        let installation = try await context.installation()
        let body = try await installation.change(
            "POST",
            "deployments",
            named,
            "registration",
            query: context.organizationQuery,
            body: Registration(sshKey: context.command.string("ssh-key"))
        )
        let job = try JSONDocument.read(body, as: Accepted.self).jobId
        guard context.command.flag("sync") else {
            if context.output.isJSON {
                try context.output.json(Queued(job: job))
            } else {
                context.output.line("Registration job \(job) is queued; follow it with `slipway status \(job) --follow`.")
            }
            return .done
        }
        return try await RunFollower(installation: installation, context: context, job: job).follow(startsWorker: true)
    }

    /// After a deploy that registers its servers: follows that, too.
    ///
    /// - Parameters:
    ///   - code: How the deploy ended.
    ///   - project: Its name, or its deployment's number.
    ///   - organization: Whose; the command's unless given.
    ///   - installation: Where.
    ///   - context: Says how to show it.
    /// - Returns: The deploy's code; ``ExitCode/failed`` when a server is not ready.
    /// - Throws: What the database or the server throws.
    static func followRegistration(
        after code: ExitCode,
        of project: String,
        in organization: String? = nil,
        _ installation: Installation,
        _ context: CommandContext
    ) async throws -> ExitCode {
        guard code == .done else { return code }
        let query = organization.map { [("organization", Optional($0))] } ?? context.organizationQuery
        let deployment: DeploymentDocument = try await installation.get("deployments", project, query: query)
        guard deployment.autoRegisterServer, let job = deployment.registrationJob else { return code }
        let document: JobDocument = try await installation.get("jobs", job)
        // One that is over belongs to an earlier deploy, or was faster than this command.
        guard JobStatus(rawValue: document.status)?.isFinal != true || document.createdAt >= (deployment.completedAt ?? .distantFuture)
        else { return code }
        let end = try await RunFollower(installation: installation, context: context, job: job).follow(startsWorker: true)
        if end == .failed, !context.output.isJSON {
            context.output.note("The deployment itself stands; `slipway server register \(project) --sync` tries again.")
        }
        return end
    }

    // MARK: - Looking

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let statuses = context.command.strings("status").joined(separator: ",")
        let query =
            context.everywhereQuery + [("status", statuses.isEmpty ? nil : statuses), ("project", context.command.string("project"))]
        let found: [ServerDocument] = try await context.installation().all("servers", query: query)
        if context.output.isJSON {
            try context.output.json(found)
            return .done
        }
        guard !found.isEmpty else {
            context.output.note("No servers; `slipway server register DEPLOYMENT` makes them of a deployment's machines.")
            return .done
        }
        var table = Table([
            .init("ID", isRightAligned: true), .init("NAME", isFlexible: true), .init("PROJECT", isFlexible: true), .init("STATUS"),
            .init("ADDRESS"), .init("DOCKER"), .init("CHECKED"), .init("WHAT IS WRONG", isFlexible: true),
        ])
        let now = Date()
        for server in found {
            table.add([
                String(server.server), server.name, server.project, server.status, server.place, server.dockerVersion ?? "-",
                server.lastCheckedAt.map { HumanText.relative($0, now: now) } ?? "-",
                server.status == ServerStatus.ready.rawValue ? "" : server.errorMessage ?? "",
            ])
        }
        context.output.table(table)
        return .done
    }

    static func show(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("SERVER")
        let server: ServerDocument = try await context.installation().get("servers", name, query: context.organizationQuery)
        try show(server, context)
        return .done
    }

    static func check(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("SERVER")
        let body = try await context.installation().change("POST", "servers", name, "check", query: context.organizationQuery)
        let server: ServerDocument = try JSONDocument.read(body)
        try show(server, context)
        return server.status == ServerStatus.ready.rawValue && server.health?.findings.isEmpty != false ? .done : .failed
    }

    private static func show(_ server: ServerDocument, _ context: CommandContext) throws {
        if context.output.isJSON { return try context.output.json(server) }
        let (output, now) = (context.output, Date())
        func row(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { output.line(TextWidth.pad(name, to: 12) + Harmless.line(value)) }
        }
        row("server", "\(server.name) (\(server.server))")
        row("project", server.project)
        row("status", server.status)
        row("address", "\(server.user)@\(server.place)")
        row("private ip", server.privateIp)
        row("hostname", server.hostname)
        row("instance", server.instanceId)
        row("cloud", [server.provider, server.region].compactMap(\.self).joined(separator: ", "))
        row("system", [server.operatingSystem, server.kernel, server.architecture].compactMap(\.self).joined(separator: ", "))
        let size = [
            server.cpus.map { HumanText.count($0, "processor") }, server.memoryBytes.map { "\(HumanText.bytes(Int($0))) memory" },
            server.diskBytes.map { "\(HumanText.bytes(Int($0))) disk" },
        ]
        row("size", size.compactMap(\.self).joined(separator: ", "))
        row("docker", server.dockerVersion)
        row("ssh key", server.sshKey)
        for key in server.hostKeys { row("host key", key) }
        row("checked", server.lastCheckedAt.map { HumanText.relative($0, now: now) })
        row("registered", server.registeredAt.map { HumanText.relative($0, now: now) })
        let problems = server.health.map { $0.findings.map { "\($0.message) \($0.advice)" } } ?? []
        let texts = problems.isEmpty ? server.errorMessage.map { [$0] } ?? [] : problems
        if server.status != ServerStatus.ready.rawValue, !texts.isEmpty {
            output.line("")
            for text in texts { output.line(Harmless.line(text)) }
        }
    }

    // MARK: - Changing

    static func rename(_ context: CommandContext) async throws -> ExitCode {
        let (name, new) = (try context.command.required("SERVER"), try context.command.required("NEW"))
        let body = try await context.installation().change(
            "PATCH",
            "servers",
            name,
            query: context.organizationQuery,
            body: ["name": new]
        )
        let server: ServerDocument = try JSONDocument.read(body)
        if context.output.isJSON {
            try context.output.json(server)
        } else {
            context.output.line("The server '\(Harmless.line(name))' is called '\(server.name)' now.")
        }
        return .done
    }

    static func remove(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("SERVER")
        let installation = try await context.installation()
        let server: ServerDocument = try await installation.get("servers", name, query: context.organizationQuery)
        let question = [
            "Do you really want to remove the server '\(server.name)' at \(server.place)?",
            "  The machine stays as it is, with the organization's key on it; its deployment is not changed.",
            "  Only 'yes' will be accepted to confirm.",
        ]
        guard try await context.confirmed(question) else {
            context.output.note("The server stays.")
            return .cancelled
        }
        try await installation.change("DELETE", "servers", String(server.server), query: context.organizationQuery)
        if context.output.isJSON {
            try context.output.json(["removed": server.name])
        } else {
            context.output.line("The server '\(server.name)' is removed.")
        }
        return .done
    }
}

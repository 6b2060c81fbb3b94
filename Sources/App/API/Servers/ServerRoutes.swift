import Access
import Domain
import FoundationEssentials
import Registration
import Storage
import WebServer

/// Servers: machines of deployments that registration has made ready, or tries to.
enum ServerRoutes {
    static let all = [register, list, show, metrics, check, rename, remove] + SSHKeyRoutes.all + RegistrationSettingsRoutes.all
    static let group = "Servers"

    static let register = Route(
        "POST",
        "/api/deployments/:project/registration",
        name: "registerServers",
        group: group,
        "Register the servers that a deployment's outputs name; while that is under way the same job is answered",
        needs: .project(.deploy),
        body: .json(
            .object([
                .optional("sshKey", .name(upTo: 100), "The organization's key to install; 'default' unless given"),
                .optional("organization", .string(), "Whose project"),
            ]),
            isRequired: false
        ),
        answers: [.json(202, .named(RunAcceptance.schema), "The job is queued, durably")],
        record: .handler
    ) { call, deployment in
        var fields = try call.fields()
        let key = try fields.optionalText("sshKey")
        _ = try fields.optionalText("organization")
        try fields.end()
        let job = try await call.services.registrations.register(deployment, sshKey: key, by: try call.author)
        return .json(
            .object([("jobId", .text(job.rawValue)), ("status", "accepted"), ("message", "Registration job dispatched to queue")]),
            status: 202,
            headers: [HeaderField("Location", "/api/deploy/status/\(job)")]
        )
    }

    static let list = Route(
        "GET",
        "/api/servers",
        name: "listServers",
        group: group,
        "List an organization's servers by name",
        needs: .organizationOrEverywhere(.read),
        query: [
            QueryParameter("status", .string(), "Only those with this status; several with commas between"),
            QueryParameter("project", .string(), "Only of this project"),
        ] + QueryParameter.page,
        answers: [.json(Schema.page(of: ServerDocument.schema))]
    ) { call, organization in
        let (limit, after) = (try call.limit(), try call.after().map { ServerID(rawValue: $0) })
        let statuses = try call.queryList("status", as: ServerStatus.self)
        let project = call.query("project")
        let found = try await call.services.database.read {
            try ServerStore().servers(
                organization: organization?.id,
                statuses: statuses,
                project: project,
                after: after,
                limit: limit + 1,
                in: $0
            )
        }
        return try .page(found, limit: limit, cursor: \.id.description, ServerDocument.init)
    }

    static let show = Route(
        "GET",
        "/api/servers/:server",
        name: "getServer",
        group: group,
        "See a server",
        needs: .server(.read),
        answers: [.json(.named(ServerDocument.schema))]
    ) { _, server in
        try .json(encoding: ServerDocument(server))
    }

    static let metrics = Route(
        "GET",
        "/api/servers/:server/metrics",
        name: "getServerMetrics",
        group: group,
        "Read what was measured on a server: at most 7 days, oldest first",
        needs: .server(.read),
        query: [QueryParameter("minutes", .whole(1...10_080), "How far back; 60 unless given")],
        answers: [.json(Schema.page(of: MetricDocument.schema))]
    ) { call, server in
        let since = call.now.addingTimeInterval(-60 * Double(try call.query("minutes", in: 1...10_080) ?? 60))
        let found = try await call.services.database.read {
            try MetricStore().metrics(of: server.id, since: since, limit: 12_000, in: $0)
        }
        return try .page(found.map(MetricDocument.init), next: nil)
    }

    static let check = Route(
        "POST",
        "/api/servers/:server/check",
        name: "checkServer",
        group: group,
        "Look at a server now, and answer with what was found",
        needs: .server(.deploy),
        answers: [.json(.named(ServerDocument.schema))]
    ) { call, server in
        try .json(encoding: ServerDocument(try await call.services.registrations.check(server)))
    }

    static let rename = Route(
        "PATCH",
        "/api/servers/:server",
        name: "renameServer",
        group: group,
        "Give a server another name",
        needs: .server(.deploy),
        body: .json(
            .object([.init("name", .name(upTo: 100), "The new one"), .optional("organization", .string(), "Whose server")])
        ),
        answers: [.json(.named(ServerDocument.schema))],
        record: .handler
    ) { call, server in
        var fields = try call.fields()
        let name = try fields.text("name")
        _ = try fields.optionalText("organization")
        try fields.end()
        return try .json(encoding: ServerDocument(try await call.services.registrations.rename(server, to: name, by: try call.author)))
    }

    static let remove = Route(
        "DELETE",
        "/api/servers/:server",
        name: "removeServer",
        group: group,
        "Keep a server no longer; the machine itself stays as it is",
        needs: .server(.deploy),
        answers: [.empty()],
        record: .handler
    ) { call, server in
        try await call.services.registrations.remove(server, by: try call.author)
        return .done
    }
}

extension Need where Subject == Server {
    /// The server in the path, by its name or its number.
    static func server(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: [.organization]) { call in
            let organization = try await call.organization(named: call.namedOrganization, allowing: permission)
            let name = call.parameter("server")
            let found = try await call.services.database.read { transaction -> Server? in
                if name.utf8.contains(0) { return nil }
                if let named = try ServerStore().server(named: name, of: organization.id, in: transaction) { return named }
                return try Int64(name).flatMap { try ServerStore().server(ServerID(rawValue: $0), in: transaction) }
            }
            guard let found, try call.principal.role(in: found.organization) != nil else {
                throw Problem.notFound(
                    "There is no server '\(name.brief)' in the organization '\(organization.name)'; `slipway server list` shows those there are."
                )
            }
            try call.check(permission, in: found.organization)
            return found
        }
    }
}

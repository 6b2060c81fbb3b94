import Access
import StateVault
import Storage
import WebServer

/// How much of its states' history an organization keeps.
enum RetentionRoutes {
    static let all = [show, set, reset]

    static let show = Route(
        "GET",
        "/api/organizations/:organization/retention",
        name: "getRetention",
        group: OrganizationRoutes.group,
        "See how much of its states' history an organization keeps",
        needs: .organizationInPath(.read),
        answers: [.json(.named(RetentionDocument.schema))]
    ) { call, organization in
        try .json(encoding: try await document(of: organization, call))
    }

    static let set = Route(
        "PUT",
        "/api/organizations/:organization/retention",
        name: "setRetention",
        group: OrganizationRoutes.group,
        "Set how much of its states' history an organization keeps; what is left out stays",
        needs: .organizationInPath(.organization),
        body: .json(
            .object([
                .optional("versions", .integer, "The newest so many of each state"),
                .optional("days", .integer, "And everything younger"),
            ])
        ),
        answers: [.json(.named(RetentionDocument.schema))],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        let versions = try fields.optionalInteger("versions", in: 1...1_000_000)
        let days = try fields.optionalInteger("days", in: 0...36500)
        try fields.end()
        let actor = try call.principal.actor
        try await call.services.database.write { [vault = call.services.vault] transaction in
            let before = try vault.retention(of: organization.id, in: transaction)
            let policy = RetentionPolicy(versions: versions ?? before.versions, days: days ?? before.days)
            try vault.setRetention(policy, of: organization.id, by: actor, in: transaction)
        }
        return try .json(encoding: try await document(of: organization, call))
    }

    static let reset = Route(
        "DELETE",
        "/api/organizations/:organization/retention",
        name: "resetRetention",
        group: OrganizationRoutes.group,
        "Keep as much as is configured for all organizations again",
        needs: .organizationInPath(.organization),
        answers: [.json(.named(RetentionDocument.schema))],
        record: .handler
    ) { call, organization in
        let actor = try call.principal.actor
        try await call.services.database.write { [vault = call.services.vault] in
            try vault.setRetention(nil, of: organization.id, by: actor, in: $0)
        }
        return try .json(encoding: try await document(of: organization, call))
    }

    private static func document(of organization: WorkingOrganization, _ call: Call) async throws -> RetentionDocument {
        try await call.services.database.read { [vault = call.services.vault] transaction in
            let policy = try vault.retention(of: organization.id, in: transaction)
            let isOwn = try vault.ownRetention(of: organization.id, in: transaction) != nil
            return RetentionDocument(organization: organization.name, versions: policy.versions, days: policy.days, isOwn: isOwn)
        }
    }
}

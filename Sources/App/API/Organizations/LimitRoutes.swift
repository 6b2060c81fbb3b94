import Access
import Domain
import WebServer

/// What each of an organization's runs may take of the machine.
enum LimitRoutes {
    static let all = [set, reset]

    static let set = Route(
        "PUT",
        "/api/organizations/:organization/limits",
        name: "setLimits",
        group: OrganizationRoutes.group,
        "Set the limits of an organization's runs; a field that is left out keeps its value",
        // Not the organization's own owner: the machine is everybody's.
        needs: .organizationInPath(.administer),
        body: .json(.object(LimitsDocument.fields)),
        answers: [.json(.named(OrganizationDocument.schema))],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        var changes: [RunLimit: Double?] = [:]
        for limit in RunLimit.allCases {
            let amount = try fields.amount(of: limit)
            if fields.has(limit.field) { changes.updateValue(amount, forKey: limit) }
        }
        try fields.end()
        let changed = try await call.services.access.setLimits(changes, of: organization.id, by: try call.author)
        return try .json(encoding: OrganizationDocument(changed, call.services.runLimits))
    }

    static let reset = Route(
        "DELETE",
        "/api/organizations/:organization/limits",
        name: "resetLimits",
        group: OrganizationRoutes.group,
        "Give an organization's runs the limits that are configured for all organizations",
        needs: .organizationInPath(.administer),
        answers: [.json(.named(OrganizationDocument.schema))],
        record: .handler
    ) { call, organization in
        let changed = try await call.services.access.resetLimits(of: organization.id, by: try call.author)
        return try .json(encoding: OrganizationDocument(changed, call.services.runLimits))
    }
}

extension Fields {
    /// A limit's amount, or nil when it is absent or null.
    fileprivate mutating func amount(of limit: RunLimit) throws -> Double? {
        guard limit.isWhole else { return try optionalNumber(limit.field, in: limit.range) }
        return try optionalInteger(limit.field, in: limit.wholeRange).map { Double($0) }
    }
}

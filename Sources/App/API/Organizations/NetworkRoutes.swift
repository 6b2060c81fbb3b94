import Access
import Domain
import WebServer

/// What an organization's runs reach.
enum NetworkRoutes {
    static let all = [set, reset]

    static let set = Route(
        "PUT",
        "/api/organizations/:organization/network",
        name: "setNetwork",
        group: OrganizationRoutes.group,
        "Set the network of an organization's runs; a field that is left out keeps its value",
        // Not the organization's own owner: the walls are between organizations.
        needs: .organizationInPath(.administer),
        body: .json(.object(OrganizationDocument.network)),
        answers: [.json(.named(OrganizationDocument.schema))],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        let mode = try fields.networkMode("network")
        let allowed = try fields.optionalTexts("networkAllow")
        try fields.end()
        let changed = try await call.services.access.setNetwork(mode, allowing: allowed, of: organization.id, by: try call.author)
        return try .json(encoding: OrganizationDocument(changed, call.services.runLimits))
    }

    static let reset = Route(
        "DELETE",
        "/api/organizations/:organization/network",
        name: "resetNetwork",
        group: OrganizationRoutes.group,
        "Give an organization's runs the network that is configured for all organizations, with no allowed ranges",
        needs: .organizationInPath(.administer),
        answers: [.json(.named(OrganizationDocument.schema))],
        record: .handler
    ) { call, organization in
        let changed = try await call.services.access.resetNetwork(of: organization.id, by: try call.author)
        return try .json(encoding: OrganizationDocument(changed, call.services.runLimits))
    }
}

extension Fields {
    /// A kind of network, or nil when it is absent.
    fileprivate mutating func networkMode(_ name: String) throws -> NetworkMode? {
        guard let word = try optionalText(name) else { return nil }
        guard let mode = NetworkMode(rawValue: word) else {
            throw Problem.invalid("'\(name)' must be host, filtered or none, not '\(word.brief)'.")
        }
        return mode
    }
}

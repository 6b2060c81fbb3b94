import Access
import Domain
import Terraform
import WebServer

/// Licences: an organization's limits and features.
enum LicenceRoutes {
    static let all = [show, set, remove]

    static let show = Route(
        "GET",
        "/api/organizations/:organization/licence",
        name: "getLicence",
        group: OrganizationRoutes.group,
        "See an organization's licence",
        needs: .organizationInPath(.read),
        answers: [.json(.object([.init("licence", .nullable(.named(LicenceDocument.schema)), "Null: no limits, and no features")]))]
    ) { call, organization in
        let licence = try await call.services.access.licence(of: organization.id)
        let document: JSONNode = licence == nil ? .null : try .encoding(LicenceDocument(licence, of: organization.name))
        return .json(.object([("licence", document)]))
    }

    static let set = Route(
        "PUT",
        "/api/organizations/:organization/licence",
        name: "setLicence",
        group: OrganizationRoutes.group,
        "Give an organization a licence",
        needs: .organizationInPath(.administer),
        body: .json(.object(LicenceDocument.limits)),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        var licence = Licence()
        licence.maximumServers = try fields.optionalInteger("maxServers", in: 0...1_000_000)
        licence.maximumConcurrentRuns = try fields.optionalInteger("maxConcurrentRuns", in: 1...100_000)
        if let features = fields.take("features") {
            guard let members = features.members else { throw Fields.wrong("features", "an object of true and false", features) }
            for member in members {
                guard let isOn = member.value.bool else {
                    throw Problem.invalid("'features': the value of '\(member.name.brief)' must be true or false.")
                }
                licence.features[member.name] = isOn
            }
        }
        try fields.end()
        try await call.services.access.setLicence(licence, of: organization.id, by: try call.author)
        return .done
    }

    static let remove = Route(
        "DELETE",
        "/api/organizations/:organization/licence",
        name: "removeLicence",
        group: OrganizationRoutes.group,
        "Take an organization's licence away",
        needs: .organizationInPath(.administer),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        try await call.services.access.setLicence(nil, of: organization.id, by: try call.author)
        return .done
    }
}

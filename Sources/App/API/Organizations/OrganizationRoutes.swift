import Access
import Domain
import FoundationEssentials
import WebServer

/// Organizations, who is in them, and their licences.
enum OrganizationRoutes {
    static let all =
        [list, create, show, rename, delete, members, grant, revoke] + LicenceRoutes.all + RetentionRoutes.all
        + NetworkRoutes.all + LimitRoutes.all
    static let group = "Organizations"

    private static let memberSchema = NamedSchema(
        "Member",
        .object([.init("user", .string(), "The person"), .init("role", .choice(Role.allCases.map(\.rawValue)), "As what")])
    )
    private static let nameBody = BodyShape.json(.object([.init("name", .name(upTo: 64), "1 to 64 letters, digits, '.', '_' and '-'")]))

    static let list = Route(
        "GET",
        "/api/organizations",
        name: "listOrganizations",
        group: group,
        "List the organizations that the caller is in; an administrator's list has all",
        needs: .login,
        query: QueryParameter.page,
        answers: [.json(Schema.page(of: OrganizationDocument.schema))]
    ) { call, _ in
        let (limit, principal) = (try call.limit(), try call.principal)
        let found = try await call.services.access.organizations(
            after: try call.after().map { OrganizationID(rawValue: $0) },
            limit: limit + 1,
            only: principal.roleElsewhere == nil ? Array(principal.organizations.keys) : nil
        )
        return try .page(found, limit: limit, cursor: \.id.description) { OrganizationDocument($0, call.services.runLimits) }
    }

    static let create = Route(
        "POST",
        "/api/organizations",
        name: "createOrganization",
        group: group,
        "Make an organization",
        needs: .administration,
        body: nameBody,
        answers: [.json(201, .named(OrganizationDocument.schema), "Made")],
        record: .handler
    ) { call, _ in
        let made = try await call.services.access.createOrganization(named: try name(in: call), by: try call.author)
        return try .json(encoding: OrganizationDocument(made, call.services.runLimits), status: 201)
    }

    static let show = Route(
        "GET",
        "/api/organizations/:organization",
        name: "getOrganization",
        group: group,
        "See an organization",
        needs: .organizationInPath(.read),
        answers: [.json(.named(OrganizationDocument.schema))]
    ) { call, organization in
        let found = try await call.services.access.requireOrganization(named: organization.name)
        return try .json(encoding: OrganizationDocument(found, call.services.runLimits))
    }

    static let rename = Route(
        "PATCH",
        "/api/organizations/:organization",
        name: "renameOrganization",
        group: group,
        "Give an organization another name",
        needs: .organizationInPath(.organization),
        body: nameBody,
        answers: [.json(.named(OrganizationDocument.schema))],
        record: .handler
    ) { call, organization in
        let name = try name(in: call)
        let renamed = try await call.services.access.renameOrganization(organization.id, to: name, by: try call.author)
        return try .json(encoding: OrganizationDocument(renamed, call.services.runLimits))
    }

    static let delete = Route(
        "DELETE",
        "/api/organizations/:organization",
        name: "deleteOrganization",
        group: group,
        "Remove an organization that has nothing any more",
        needs: .organizationInPath(.administer),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        try await call.services.access.deleteOrganization(organization.id, by: try call.author)
        return .done
    }

    // MARK: - Members

    static let members = Route(
        "GET",
        "/api/organizations/:organization/members",
        name: "listMembers",
        group: group,
        "List who is in an organization",
        needs: .organizationInPath(.read),
        query: QueryParameter.page,
        answers: [.json(Schema.page(of: memberSchema))]
    ) { call, organization in
        let limit = try call.limit()
        let found = try await call.services.access.members(
            of: organization.id,
            after: try call.after().map { UserID(rawValue: $0) },
            limit: limit + 1
        )
        let shown: [JSONNode] = found.prefix(limit).map { .object([("user", .text($0.userName)), ("role", .text($0.role.rawValue))]) }
        let next = found.count > limit ? found[limit - 1].user.description : nil
        return .json(.object([("items", .list(shown)), ("next", JSONNode(next))]))
    }

    static let grant = Route(
        "PUT",
        "/api/organizations/:organization/members/:user",
        name: "grantMembership",
        group: group,
        "Give a person a place in an organization, or another one",
        needs: .organizationInPath(.members),
        body: .json(.object([.init("role", .choice(Role.allCases.map(\.rawValue)), "As what")])),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        let role = try fields.role("role")
        try fields.end()
        guard let role else { throw Problem.invalid("'role' is missing; it must be viewer, member, admin or owner.") }
        guard try call.principal.mayGive(role, in: organization.id) else {
            throw Problem.forbidden("Nobody can give a role above the own one.")
        }
        let user = try await call.services.access.requireUser(named: call.parameter("user"))
        try await checkPresent(user, organization, call)
        try await call.services.access.grant(role, to: user.id, in: organization.id, by: try call.author)
        return .done
    }

    static let revoke = Route(
        "DELETE",
        "/api/organizations/:organization/members/:user",
        name: "revokeMembership",
        group: group,
        "Take a person's place in an organization away",
        needs: .organizationInPath(.members),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        let user = try await call.services.access.requireUser(named: call.parameter("user"))
        try await checkPresent(user, organization, call)
        guard try await call.services.access.revoke(user.id, in: organization.id, by: try call.author) else {
            throw Problem.notFound("'\(user.name)' is not in the organization '\(organization.name)'.")
        }
        return .done
    }

    // MARK: - Details

    /// Nobody takes a place away that is above the own one.
    private static func checkPresent(_ user: User, _ organization: WorkingOrganization, _ call: Call) async throws {
        let places = try await call.services.access.memberships(of: user.id)
        guard let present = places.first(where: { $0.organization == organization.id }) else { return }
        guard try call.principal.mayGive(present.role, in: organization.id) else {
            throw Problem.forbidden("'\(user.name)' is \(present.role.rawValue) there, which is above your own role.")
        }
    }

    private static func name(in call: Call) throws -> String {
        var fields = try call.fields()
        let name = try fields.text("name")
        try fields.end()
        return name
    }
}

extension Fields {
    /// A role, or nil when it is absent.
    mutating func role(_ name: String) throws -> Role? {
        guard let word = try optionalText(name) else { return nil }
        guard let role = Role(rawValue: word) else {
            throw Problem.invalid("'\(name)' must be viewer, member, admin or owner, not '\(word.brief)'.")
        }
        return role
    }
}

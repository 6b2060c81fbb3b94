import Access
import Domain
import FoundationEssentials
import WebServer

/// Tokens of organizations, of people and of the installation.
enum TokenRoutes {
    static let all = [list, create, revoke, me]
    private static let group = "Tokens"

    static let list = Route(
        "GET",
        "/api/tokens",
        name: "listTokens",
        group: group,
        "List an organization's tokens, with mine=1 the caller's own, with all=1 everyone's",
        needs: .login,
        query: [
            .organization, QueryParameter("mine", .boolean, "The caller's own"),
            QueryParameter("all", .boolean, "Everyone's; needs an administrator"), .everywhere,
        ] + QueryParameter.page,
        answers: [.json(Schema.page(of: TokenDocument.schema))]
    ) { call, _ in
        let limit = try call.limit()
        var (organization, user): (OrganizationID?, UserID?) = (nil, nil)
        if try call.queryFlag("mine") {
            guard let own = try call.principal.user else { throw Problem.invalid("'mine' is for people: this token is nobody's.") }
            user = own
        } else if try call.queryFlag("all") {
            guard try call.principal.allowsAdministration else {
                throw Problem.forbidden("Only an administrator may see everyone's tokens.")
            }
        } else {
            organization = try await call.organizationUnlessEverywhere(allowing: .tokens)?.id
        }
        let found = try await call.services.access.tokens(
            of: organization,
            user: user,
            after: try call.after().map { TokenID(rawValue: $0) },
            limit: limit + 1
        )
        return try .page(found, limit: limit, cursor: \.id.description) { TokenDocument($0) }
    }

    static let create = Route(
        "POST",
        "/api/tokens",
        name: "createToken",
        group: group,
        "Make a token: an organization's with a role, a person's own, or an administrator's",
        needs: .login,
        body: .json(
            .object([
                .init("name", .name(upTo: 64), "What it is for"),
                .optional("organization", .string(), "Where it works; with a role and no user it is the organization's own"),
                .optional("role", .choice(Role.allCases.map(\.rawValue)), "The most that it is"),
                .optional("user", .string(), "Whose: one's own name; an administrator may name others"),
                .optional("administrator", .boolean, "May do everything"),
                .optional("permissions", .list(.choice(Permission.allCases.map(\.rawValue))), "Only these"),
                .optional("expiresInSeconds", .whole(1...315_360_000), "Never unless given"),
            ])
        ),
        answers: [.json(201, .named(TokenDocument.schema), "Made; its text is shown this once")],
        record: .handler
    ) { call, _ in
        let new = try await newToken(call)
        guard try call.principal.mayMake(new) else {
            throw Problem.forbidden("Nobody can make a token that may more than they may themselves, or somebody else's.")
        }
        let made = try await call.services.access.createToken(new, by: try call.author)
        return try .json(encoding: TokenDocument(made.token, text: made.text), status: 201)
    }

    static let revoke = Route(
        "DELETE",
        "/api/tokens/:token",
        name: "revokeToken",
        group: group,
        "End a token",
        needs: .login,
        answers: [.json(.named(TokenDocument.schema))],
        record: .handler
    ) { call, _ in
        let text = call.parameter("token")
        let principal = try call.principal
        let found = try await Int64(text).asyncMap { try await call.services.access.token(TokenID(rawValue: $0)) } ?? nil
        // One's own, oneself, one of an organization in which one may, or anyone's for an administrator.
        let isVisible = found.map { token in
            principal.allowsAdministration || token.id == principal.token || (token.user != nil && token.user == principal.user)
                || (token.user == nil && token.organization.map { principal.role(in: $0) != nil } ?? false)
        }
        guard let token = found, isVisible == true else { throw Problem.notFound("There is no token '\(text.brief)'.") }
        let isOwn = token.id == principal.token || (token.user != nil && token.user == principal.user && principal.token == nil)
        if !isOwn, !principal.allowsAdministration {
            guard let organization = token.organization else { throw Problem.forbidden("A token can't end its person's other tokens.") }
            try call.check(.tokens, in: organization)
            let present = (token.role?.permissions ?? []).intersection(token.permissions ?? .all)
            guard present.isSubset(of: principal.permissions(in: organization)) else {
                throw Problem.forbidden("This token may more than you may: ask one who may as much.")
            }
        }
        return try .json(encoding: TokenDocument(try await call.services.access.revokeToken(token.id, by: try call.author)))
    }

    static let me = Route(
        "GET",
        "/api/me",
        name: "getCaller",
        group: group,
        "See who the caller is, and what it may where",
        needs: .login,
        answers: [
            .json(
                .object([
                    .init("actor", .string(), "As the audit names it"),
                    .init("user", .nullable(.string()), "The person"),
                    .init("isAdministrator", .boolean, "May do everything"),
                    .init(
                        "organizations",
                        .list(
                            .object([
                                .init("name", .string(), "Its name"), .init("role", .string(), "As what"),
                                .init("permissions", .list(.string()), "All that it may there"),
                            ])
                        ),
                        "At most 1000; an administrator's are not listed"
                    ),
                ])
            )
        ]
    ) { call, _ in
        let principal = try call.principal
        let found = try await call.services.access.organizations(limit: 1000, only: Array(principal.organizations.keys))
        let places: [JSONNode] = found.map { organization in
            let permissions = principal.permissions(in: organization.id).list.map { JSONNode.text($0.rawValue) }
            return .object([
                ("name", .text(organization.name)), ("role", JSONNode(principal.role(in: organization.id)?.rawValue)),
                ("permissions", .list(permissions)),
            ])
        }
        return .json(
            .object([
                ("actor", .text(principal.actor)), ("user", JSONNode(principal.userName)),
                ("isAdministrator", .bool(principal.isAdministrator)), ("organizations", .list(places)),
            ])
        )
    }

    // MARK: - Details

    private static func newToken(_ call: Call) async throws -> NewToken {
        var fields = try call.fields()
        let name = try fields.text("name")
        let place = try fields.optionalText("organization")
        let role = try fields.role("role")
        let user = try fields.optionalText("user")
        let isAdministrator = try fields.optionalFlag("administrator") ?? false
        let permissions = try fields.optionalTexts("permissions")?.map { word in
            guard let permission = Permission(rawValue: word) else {
                let words = Permission.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("'permissions' must be of \(words), not '\(word.brief)'.")
            }
            return permission
        }
        let seconds = try fields.optionalInteger("expiresInSeconds", in: 1...315_360_000)
        try fields.end()
        let principal = try call.principal
        var owner: NewToken.Owner
        var organization: OrganizationID?
        if let place {
            guard let found = try await call.services.access.organization(named: place), principal.role(in: found.id) != nil else {
                throw Problem.notFound("There is no organization '\(place.brief)' that you can see.")
            }
            organization = found.id
        }
        if isAdministrator {
            guard user == nil, place == nil, role == nil else {
                throw Problem.invalid("An administrator's token has no user, organization or role.")
            }
            owner = .administrator
        } else if let user {
            guard principal.allowsAdministration || user.lowercased() == principal.userName else {
                throw Problem.forbidden("Only an administrator may make somebody else's token.")
            }
            owner = .user(try await call.services.access.requireUser(named: user).id)
        } else {
            guard let organization, let role else {
                throw Problem.invalid("Say whose token: 'organization' with 'role', 'user', or 'administrator'.")
            }
            owner = .organization(organization, role)
        }
        var new = NewToken(name: name, owner: owner)
        if case .user = owner { (new.organization, new.role) = (organization, role) }
        new.permissions = permissions.map { Permissions($0) }
        new.expiresAt = seconds.map { call.now.addingTimeInterval(Double($0)) }
        return new
    }
}

extension Optional where Wrapped: Sendable {
    /// The value after a change that takes time.
    func asyncMap<T>(_ change: (Wrapped) async throws -> T) async rethrows -> T? {
        guard let self else { return nil }
        return try await change(self)
    }
}

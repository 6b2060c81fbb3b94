import Access
import Domain
import WebServer

/// People.
enum UserRoutes {
    static let all = [list, create, show, setPassword, disable, enable, endSessions]
    private static let group = "Users"

    private static let schema = NamedSchema(
        "User",
        .object([
            .init("id", .integer, "Its number"),
            .init("name", .string(), "In small letters"),
            .init("isAdministrator", .boolean, "May do everything, everywhere"),
            .init("hasPassword", .boolean, "Can log in with one"),
            .init("disabledAt", .nullable(.moment), "Since then neither sessions nor tokens work"),
            .init("createdAt", .moment, "When it was made"),
        ])
    )

    static let list = Route(
        "GET",
        "/api/users",
        name: "listUsers",
        group: group,
        "List all people",
        needs: .administration,
        query: QueryParameter.page,
        answers: [.json(Schema.page(of: schema))]
    ) { call, _ in
        let limit = try call.limit()
        let found = try await call.services.access.users(after: try call.after().map { UserID(rawValue: $0) }, limit: limit + 1)
        let next = found.count > limit ? found[limit - 1].id.description : nil
        return .json(.object([("items", .list(found.prefix(limit).map(document))), ("next", JSONNode(next))]))
    }

    static let create = Route(
        "POST",
        "/api/users",
        name: "createUser",
        group: group,
        "Make a person",
        needs: .administration,
        body: .json(
            .object([
                .init("name", .name(upTo: 64), "1 to 64 letters, digits, '.', '_' and '-'"),
                .optional("password", .string(), "12 to 1024 bytes; without one only tokens work"),
                .optional("isAdministrator", .boolean, "May do everything, everywhere"),
            ])
        ),
        answers: [.json(201, .named(schema), "Made")],
        record: .handler
    ) { call, _ in
        var fields = try call.fields()
        let name = try fields.text("name")
        let password = try fields.optionalText("password", upTo: 2000)
        let isAdministrator = try fields.optionalFlag("isAdministrator") ?? false
        try fields.end()
        let made = try await call.services.access.createUser(
            named: name,
            password: password,
            isAdministrator: isAdministrator,
            by: try call.author
        )
        return .json(document(made), status: 201)
    }

    static let show = Route(
        "GET",
        "/api/users/:user",
        name: "getUser",
        group: group,
        "See a person",
        needs: .administration,
        answers: [.json(.named(schema))]
    ) { call, _ in
        .json(document(try await user(call)))
    }

    static let setPassword = Route(
        "PUT",
        "/api/users/:user/password",
        name: "setPassword",
        group: group,
        "Give a person another password, and end all sessions; the person may do it, too, with the present one",
        needs: .login,
        body: .json(
            .object([
                .init("password", .nullable(.string()), "12 to 1024 bytes; null takes it away, which an administrator can"),
                .optional("present", .string(), "The present one, unless an administrator asks"),
            ])
        ),
        answers: [.empty()],
        record: .handler
    ) { call, _ in
        var fields = try call.fields()
        let password = try fields.optionalText("password", upTo: 2000)
        let present = try fields.optionalText("present", upTo: 2000)
        try fields.end()
        let principal = try call.principal
        if principal.allowsAdministration {
            try await call.services.access.setPassword(password, of: try await user(call).id, by: try call.author)
            return .done
        }
        // A token can't change what outlives it.
        guard principal.token == nil, let own = principal.userName, own == call.parameter("user").lowercased(), password != nil else {
            throw Problem.forbidden("Only an administrator may do this for somebody else.")
        }
        let user = try await call.services.access.verify(own, password: present ?? "", from: call.request.client.address)
        try await call.services.access.setPassword(password, of: user.id, by: try call.author)
        return .done
    }

    static let disable = change("disable", "disableUser", "Stop a person's password, sessions and tokens from working") {
        .json(document(try await $0.services.access.setDisabled(true, user: try await user($0).id, by: try $0.author)))
    }

    static let enable = change("enable", "enableUser", "Let a person's password and tokens work again") {
        .json(document(try await $0.services.access.setDisabled(false, user: try await user($0).id, by: try $0.author)))
    }

    static let endSessions = Route(
        "DELETE",
        "/api/users/:user/sessions",
        name: "endSessions",
        group: group,
        "End all of a person's sessions",
        needs: .administration,
        answers: [.empty()],
        record: .handler
    ) { call, _ in
        try await call.services.access.endSessions(of: try await user(call).id, by: try call.author)
        return .done
    }

    // MARK: - Details

    private static func change(
        _ verb: String,
        _ name: String,
        _ summary: String,
        _ body: @escaping @Sendable (Call) async throws -> Response
    ) -> Route {
        Route(
            "POST",
            "/api/users/:user/\(verb)",
            name: name,
            group: group,
            summary,
            needs: .administration,
            answers: [.json(.named(schema))],
            record: .handler
        ) { call, _ in try await body(call) }
    }

    private static func user(_ call: Call) async throws -> User {
        try await call.services.access.requireUser(named: call.parameter("user"))
    }

    private static func document(_ user: User) -> JSONNode {
        .object([
            ("id", JSONNode(user.id.rawValue)), ("name", .text(user.name)), ("isAdministrator", .bool(user.isAdministrator)),
            ("hasPassword", .bool(user.hasPassword)), ("disabledAt", JSONNode(user.disabledAt)), ("createdAt", .moment(user.createdAt)),
        ])
    }
}

import Access
import Domain
import WebServer

/// People.
enum UserRoutes {
    static let all = [list, create, show, setPassword, disable, enable, endSessions]
    private static let group = "Users"

    static let list = Route(
        "GET",
        "/api/users",
        name: "listUsers",
        group: group,
        "List all people",
        needs: .administration,
        query: QueryParameter.page,
        answers: [.json(Schema.page(of: UserDocument.schema))]
    ) { call, _ in
        let limit = try call.limit()
        let found = try await call.services.access.users(after: try call.after().map { UserID(rawValue: $0) }, limit: limit + 1)
        var shown: [UserDocument] = []
        for user in found.prefix(limit) { shown.append(try await document(user, call)) }
        return try .page(shown, next: found.count > limit ? found[limit - 1].id.description : nil)
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
                .optional("administrator", .boolean, "May do everything, everywhere"),
            ])
        ),
        answers: [.json(201, .named(UserDocument.schema), "Made")],
        record: .handler
    ) { call, _ in
        var fields = try call.fields()
        let name = try fields.text("name")
        let password = try fields.optionalText("password", upTo: 2000)
        let isAdministrator = try fields.optionalFlag("administrator") ?? false
        try fields.end()
        let made = try await call.services.access.createUser(
            named: name,
            password: password,
            isAdministrator: isAdministrator,
            by: try call.author
        )
        return try .json(encoding: try await document(made, call), status: 201)
    }

    static let show = Route(
        "GET",
        "/api/users/:user",
        name: "getUser",
        group: group,
        "See a person",
        needs: .administration,
        answers: [.json(.named(UserDocument.schema))]
    ) { call, _ in
        try .json(encoding: try await document(try await user(call), call))
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
        guard fields.has("password") else {
            throw Problem.invalid("'password' is missing; it must be a text, or null to take the password away.")
        }
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
        try await setDisabled(true, $0)
    }

    static let enable = change("enable", "enableUser", "Let a person's password and tokens work again") {
        try await setDisabled(false, $0)
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
            answers: [.json(.named(UserDocument.schema))],
            record: .handler
        ) { call, _ in try await body(call) }
    }

    private static func user(_ call: Call) async throws -> User {
        try await call.services.access.requireUser(named: call.parameter("user"))
    }

    private static func setDisabled(_ isDisabled: Bool, _ call: Call) async throws -> Response {
        let changed = try await call.services.access.setDisabled(isDisabled, user: try await user(call).id, by: try call.author)
        return try .json(encoding: try await document(changed, call))
    }

    private static func document(_ user: User, _ call: Call) async throws -> UserDocument {
        UserDocument(user, try await call.services.access.memberships(of: user.id))
    }
}

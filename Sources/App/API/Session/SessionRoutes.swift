import Access
import WebServer

/// Sessions of browsers.
enum SessionRoutes {
    static let all = [begin, show, end]
    private static let group = "Session"

    private static let schema = NamedSchema(
        "Session",
        .object([
            .init("user", .nullable(.string()), "Who"),
            .init("csrfToken", .string(), "To be sent as X-CSRF-Token with everything that changes something"),
            .init("expiresAt", .moment, "Moves on while the session is used"),
        ])
    )

    static let begin = Route(
        "POST",
        "/api/session",
        name: "beginSession",
        group: group,
        "Log in; the session is in a cookie that no script can read",
        needs: .nothing,
        body: .json(
            .object([.init("user", .string(), "The name"), .init("password", .string(), "The password")]),
            limit: 16 * 1024
        ),
        answers: [.json(201, .named(schema), "Logged in")],
        record: .handler
    ) { call, _ in
        var fields = try call.fields()
        let name = try fields.text("user")
        let password = try fields.text("password", upTo: 2000)
        try fields.end()
        let begun = try await call.services.access.logIn(name, password: password, from: call.request.client.address)
        return .json(document(begun.session), status: 201, headers: [cookie(begun.text, call, seconds: 7 * 86_400)])
    }

    static let show = Route(
        "GET",
        "/api/session",
        name: "getSession",
        group: group,
        "See the session",
        needs: .login,
        answers: [.json(.named(schema))]
    ) { call, _ in
        guard let text = text(of: call), let session = try await call.services.access.authenticate(session: text) else {
            throw Problem.notFound("The caller has a token, and no session.")
        }
        return .json(document(session))
    }

    static let end = Route(
        "DELETE",
        "/api/session",
        name: "endSession",
        group: group,
        "Log out",
        needs: .login,
        answers: [.empty()],
        record: .handler
    ) { call, _ in
        if let text = text(of: call) { try await call.services.access.end(session: text, by: try call.author) }
        return Response(status: 204, headers: [cookie("", call, seconds: 0)])
    }

    private static func text(of call: Call) -> String? {
        if case .session(let text, _) = Credentials(of: call.request) { text } else { nil }
    }

    private static func cookie(_ text: String, _ call: Call, seconds: Int) -> HeaderField {
        let secure = call.request.client.scheme == "https" ? "; Secure" : ""
        return HeaderField("Set-Cookie", "\(Credentials.cookie)=\(text); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)\(secure)")
    }

    private static func document(_ session: Session) -> JSONNode {
        .object([
            ("user", JSONNode(session.principal.userName)), ("csrfToken", .text(session.csrfToken)),
            ("expiresAt", .moment(session.expiresAt)),
        ])
    }
}

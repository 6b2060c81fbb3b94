/// The API's description, made of its routes.
///
/// - SeeAlso: <https://spec.openapis.org/oas/v3.1.0>
enum OpenAPI {
    /// Methods that a description can name.
    private static let methods: Set<String> = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]

    static func document(of routes: [Route], version: String) -> JSONNode {
        .object([
            ("openapi", "3.1.0"),
            (
                "info",
                .object([
                    ("title", "Slipway"), ("version", .text(version)),
                    ("description", "Turns Terraform code into running infrastructure. Errors are application/problem+json."),
                ])
            ),
            ("servers", .list([.object([("url", "/")])])),
            ("tags", .list(groups(of: routes).map { .object([("name", .text($0))]) })),
            ("paths", .object(paths(of: routes))),
            (
                "components",
                .object([
                    ("schemas", .object(schemas(of: routes))),
                    (
                        "securitySchemes",
                        .object([
                            ("token", .object([("type", "http"), ("scheme", "bearer")])),
                            ("password", .object([("type", "http"), ("scheme", "basic"), ("description", "The token as the password")])),
                            ("session", .object([("type", "apiKey"), ("in", "cookie"), ("name", .text(Credentials.cookie))])),
                        ])
                    ),
                ])
            ),
        ])
    }

    // MARK: - Details

    private static func groups(of routes: [Route]) -> [String] {
        routes.reduce(into: []) { groups, route in if !groups.contains(route.group) { groups.append(route.group) } }
    }

    private static func paths(of routes: [Route]) -> [(String, JSONNode)] {
        var paths: [String] = []
        for route in routes where !paths.contains(route.template.openAPI) { paths.append(route.template.openAPI) }
        return paths.map { path in
            let here = routes.filter { $0.template.openAPI == path }
            var members = here.filter { methods.contains($0.method) }.map { ($0.method.lowercased(), operation($0)) }
            // 3.1 knows no others.
            let others = here.filter { !methods.contains($0.method) }.map { ($0.method, operation($0)) }
            if !others.isEmpty { members.append(("x-additionalOperations", .object(others))) }
            return (path, .object(members))
        }
    }

    private static func operation(_ route: Route) -> JSONNode {
        var members: [(String, JSONNode)] = [
            ("operationId", .text(route.name)), ("tags", .list([.text(route.group)])), ("summary", .text(route.summary)),
            ("description", .text("Needs \(route.requirement).")),
        ]
        let path: [JSONNode] = route.template.parameters.map { name in
            .object([
                ("name", .text(name)), ("in", "path"), ("required", true), ("schema", .object([("type", "string"), ("minLength", 1)])),
            ])
        }
        var query: [JSONNode] = route.query.map { parameter in
            var members: [(String, JSONNode)] = [
                ("name", .text(parameter.name)), ("in", "query"), ("required", false), ("description", .text(parameter.summary)),
                ("schema", parameter.schema.json),
            ]
            // With commas between, not once for each item.
            if case .list = parameter.schema { members += [("style", "form"), ("explode", false)] }
            return .object(members)
        }
        if route.name == "deployProject" || route.record == .handler && route.answers.contains(where: { $0.status == 202 }) {
            query.append(
                .object([
                    ("name", "Idempotency-Key"), ("in", "header"), ("required", false),
                    ("description", "A request that comes again with the same key within a day is answered as before"),
                    ("schema", .object([("type", "string"), ("minLength", 1), ("maxLength", 255)])),
                ])
            )
        }
        if !path.isEmpty || !query.isEmpty { members.append(("parameters", .list(path + query))) }
        if let body = route.body {
            members.append(
                ("requestBody", .object([("required", .bool(body.isRequired)), ("content", content(body.content, isBody: true))]))
            )
        }
        members.append(("responses", .object(responses(route))))
        let schemes: [JSONNode] = ["token", "password", "session"].map { .object([($0, .list([]))]) }
        members.append(("security", .list(route.requirement == .nothing ? [] : schemes)))
        return .object(members)
    }

    private static func responses(_ route: Route) -> [(String, JSONNode)] {
        var responses: [(String, JSONNode)] = route.answers.map { answer in
            var members: [(String, JSONNode)] = [("description", .text(answer.summary))]
            if !answer.content.isEmpty { members.append(("content", content(answer.content))) }
            return (String(answer.status), .object(members))
        }
        let problem = JSONNode.object([
            ("description", "It is not done; 'error' says why"),
            ("content", content([("application/problem+json", .named(Problem.schema))])),
        ])
        responses.append(("4XX", problem))
        responses.append(("5XX", problem))
        if route.answers.isEmpty { responses.append(("501", problem)) }
        return responses
    }

    private static func content(_ content: [(type: String, schema: Schema)], isBody: Bool = false) -> JSONNode {
        // Only our own documents are read that strictly.
        .object(
            content.map {
                ($0.type, .object([("schema", isBody && $0.type == "application/json" ? $0.schema.bodyJSON : $0.schema.json)]))
            }
        )
    }

    private static func schemas(of routes: [Route]) -> [(String, JSONNode)] {
        var found: [String: JSONNode] = [Problem.schema.name: Problem.schema.schema.json]
        for route in routes {
            let schemas = route.answers.flatMap(\.content).map(\.schema) + (route.body?.content.map(\.schema) ?? [])
            for named in schemas.flatMap(\.names) { found[named.name] = named.schema.json }
        }
        return found.sorted { $0.key < $1.key }
    }
}

import WebServer

/// One thing that the API can do: data for matching, checks, description and tests, and the code that does it.
struct Route: Sendable {
    /// Who writes the line in the audit log when the route has changed something.
    enum Record: Sendable {
        /// It changes nothing.
        case nothing
        /// The server, after the answer is known.
        case server
        /// The code below it, in the transaction that changes it; the server writes only what was denied or failed.
        case handler
    }

    let method: String
    let template: PathTemplate
    /// What programs that are made from the description call it, and the audit: `deployProject`.
    let name: String
    let summary: String
    /// The resource that it belongs to.
    let group: String
    let requirement: Requirement
    let query: [QueryParameter]
    let body: BodyShape?
    let answers: [AnswerShape]
    let record: Record
    /// Nobody waits for its end: it isn't counted among the durations.
    let isStream: Bool
    let handle: @Sendable (Call) async throws -> Response

    /// Declares a route.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, `PUT`, `DELETE`, `LOCK`, `UNLOCK`.
    ///   - path: `/api/jobs/:job`.
    ///   - name: Different for each route.
    ///   - group: The resource.
    ///   - summary: One sentence without its full stop.
    ///   - need: What the caller must have; it finds what the handler works on.
    ///   - query: What the query may hold besides what the need takes.
    ///   - body: What is sent; nil: nothing.
    ///   - answers: What comes back when it is done; failures are ``Problem``s.
    ///   - record: Who writes the audit; by the method unless given.
    ///   - isStream: The answer has no end by itself.
    ///   - handler: Does it.
    init<Subject>(
        _ method: String,
        _ path: String,
        name: String,
        group: String,
        _ summary: String,
        needs need: Need<Subject>,
        query: [QueryParameter] = [],
        body: BodyShape? = nil,
        answers: [AnswerShape],
        record: Record? = nil,
        isStream: Bool = false,
        _ handler: @escaping @Sendable (Call, Subject) async throws -> Response
    ) {
        self.method = method
        template = PathTemplate(path)
        self.name = name
        self.group = group
        self.summary = summary
        requirement = need.requirement
        self.query = need.query + query
        self.body = body
        self.answers = answers
        self.record = record ?? (method == "GET" ? .nothing : .server)
        self.isStream = isStream
        handle = { call in try await handler(call, try await need.resolve(call)) }
    }
}

/// A parameter of the query.
struct QueryParameter: Sendable {
    let name: String
    let schema: Schema
    let summary: String

    init(_ name: String, _ schema: Schema, _ summary: String) {
        self.name = name
        self.schema = schema
        self.summary = summary
    }

    static let organization = QueryParameter(
        "organization",
        .string(),
        "The organization's name; without it the token's own, or 'default'"
    )
    static let limit = QueryParameter("limit", .whole(1...1000), "How many at most: 1 to 1000, 50 unless given")
    static let after = QueryParameter("after", .string(), "'next' of the page before")
    static let page = [limit, after]
    static let everywhere = QueryParameter("everywhere", .boolean, "All organizations, for an administrator; others get their own")
}

/// What a route takes as its body.
struct BodyShape: Sendable {
    /// By media type.
    let content: [(type: String, schema: Schema)]
    /// In bytes; more is answered with 413.
    let limit: Int
    /// The same for what is no JSON, when that may be larger.
    var uploadLimit: Int?
    let isRequired: Bool
    /// Whatever it says it is.
    var takesAny: Bool { content.contains { $0.type == "*/*" } }

    static func json(_ schema: Schema, limit: Int = 1 << 20, isRequired: Bool = true) -> BodyShape {
        BodyShape(content: [("application/json", schema)], limit: limit, isRequired: isRequired)
    }
}

/// One way in which a route answers when it is done.
struct AnswerShape: Sendable {
    let status: Int
    let summary: String
    /// By media type; empty: no body.
    let content: [(type: String, schema: Schema)]

    static func json(_ schema: Schema, _ summary: String = "Done") -> AnswerShape { json(200, schema, summary) }
    static func json(_ status: Int, _ schema: Schema, _ summary: String = "Done") -> AnswerShape {
        AnswerShape(status: status, summary: summary, content: [("application/json", schema)])
    }
    static func text(_ status: Int, _ summary: String, type: String = "text/plain") -> AnswerShape {
        AnswerShape(status: status, summary: summary, content: [(type, .string())])
    }
    static func empty(_ status: Int = 204, _ summary: String = "Done") -> AnswerShape {
        AnswerShape(status: status, summary: summary, content: [])
    }
}

import WebServer

/// Why a request is not done, as the client is told it.
///
/// - SeeAlso: RFC 9457
package struct Problem: Error, Sendable, CustomStringConvertible {
    package let status: Int
    /// What a program can act on: the end of `type`.
    let code: String
    /// One sentence that says what to change; nothing internal.
    package let detail: String
    var headers: [HeaderField] = []
    /// What it came from, for the log only.
    var cause: (any Error)?

    init(_ status: Int, _ code: String, _ detail: String, headers: [HeaderField] = [], cause: (any Error)? = nil) {
        self.status = status
        self.code = code
        self.detail = Self.sentence(detail)
        self.headers = headers
        self.cause = cause
    }

    package var description: String { detail }

    /// Reads a server's answer.
    ///
    /// - Parameters:
    ///   - status: The HTTP status; none of success.
    ///   - body: A ``response(to:)``, or whatever stands in its place when something between here and the server answers.
    package init(status: Int, body: [UInt8]) {
        struct Sent: Decodable {
            let type: String?
            let error: String
        }
        // A proxy's page says nothing that a person could act on.
        let sent = try? JSONDocument.read(body, as: Sent.self)
        let code = sent?.type.flatMap { $0.split(separator: ":").last.map(String.init) }
        self.init(
            status,
            code ?? "unknown",
            sent?.error ?? "The server answers \(status) \(Self.title(of: status)), and not as Slipway does."
        )
    }

    // MARK: - The common ones

    static func invalid(_ detail: String) -> Problem { Problem(400, "invalid", detail) }
    static func notFound(_ detail: String) -> Problem { Problem(404, "not-found", detail) }
    static func conflict(_ detail: String) -> Problem { Problem(409, "conflict", detail) }
    static func forbidden(_ detail: String) -> Problem { Problem(403, "forbidden", detail) }
    static func unavailable(_ detail: String, cause: (any Error)? = nil) -> Problem {
        Problem(503, "unavailable", detail, headers: [HeaderField("Retry-After", "5")], cause: cause)
    }
    static func unknown(_ cause: any Error) -> Problem {
        Problem(500, "internal", "Something failed here; the server's log has more under the request's id.", cause: cause)
    }

    // MARK: - The answer

    /// `application/problem+json`, with `error` as requirement 004 has it.
    func response(to requestID: String) -> Response {
        let body = JSONNode.object([
            ("type", .text("urn:slipway:problem:\(code)")),
            ("title", .text(Self.title(of: status))),
            ("status", JSONNode(status)),
            ("detail", .text(detail)),
            ("error", .text(detail)),
            ("requestId", .text(requestID)),
        ])
        return Response(
            status: status,
            headers: [HeaderField("Content-Type", "application/problem+json"), HeaderField("Cache-Control", "no-store")] + headers,
            body: .bytes(body.bytes)
        )
    }

    static let schema = NamedSchema(
        "Problem",
        .object([
            .init("type", .string(), "A URN whose end is the kind of problem: urn:slipway:problem:not-found"),
            .init("title", .string(), "The status in words"),
            .init("status", .integer, "The HTTP status"),
            .init("detail", .string(), "One sentence that says what to change"),
            .init("error", .string(), "The same sentence"),
            .init("requestId", .string(), "What the server's log has more under"),
        ])
    )

    private static func title(of status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Error"
        }
    }

    /// Begins with a capital unless it begins with a name, and ends as a sentence.
    private static func sentence(_ text: String) -> String {
        guard let first = text.first else { return "Something failed." }
        let isWord = text.prefix { $0 != " " }.allSatisfy(\.isLetter)
        let sentence = isWord ? first.uppercased() + text.dropFirst() : text
        return sentence.hasSuffix(".") || sentence.hasSuffix("?") ? sentence : sentence + "."
    }
}

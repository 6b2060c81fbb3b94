/// One request, once its header is there and has passed all checks; the body may still be on its way.
package final class Request: Sendable {
    /// As it was sent: `GET`.
    package let method: String
    package let target: RequestTarget
    package let headers: HeaderFields
    package let body: RequestBody
    /// Who asked, and how: as a trusted proxy says, else as the connection says.
    package let client: Client
    /// For logs and answers: what a trusted proxy sent as `X-Request-Id`, else made here; up to 64 characters of `A-Za-z0-9._-`.
    package let id: String

    /// Makes a request, as the server does, or for a test of a handler.
    package init(
        method: String,
        target: RequestTarget,
        headers: HeaderFields = HeaderFields(),
        body: RequestBody = .empty,
        client: Client = Client(),
        id: String = "-"
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.client = client
        self.id = id
    }

    package var path: String { target.path }
    package var segments: [String] { target.segments }
    package func query(_ name: String) -> String? { target.query(name) }
}

import Access
import Domain
import Events
import Storage
import Terraform
import WebServer

/// Live events: server-sent ones, and the Pusher Channels protocol.
enum LiveRoutes {
    static let all = [events, socket, authorize]
    private static let group = "Events"

    static let events = Route(
        "GET",
        "/api/events",
        name: "streamEvents",
        group: group,
        "Follow channels as server-sent events",
        needs: .login,
        query: [
            QueryParameter("channels", .string(), "With commas between: organization.7.terraform,deployment.42"),
            QueryParameter("since", .string(), "An id, or a position in all channels; Last-Event-ID goes before it"),
        ],
        answers: [.text(200, "The stream", type: "text/event-stream")],
        isStream: true
    ) { call, _ in
        let request: EventStreamRequest
        do throws(EventStreamRequest.Malformed) {
            request = try EventStreamRequest(call.request)
        } catch {
            throw Problem.invalid(error.description)
        }
        for channel in request.channels {
            guard try await mayRead(channel, call) else {
                throw Problem.notFound("There is no channel '\(channel)' that you can see.")
            }
        }
        return try await call.live.stream.response(to: request, for: try call.principal.subject)
    }

    static let socket = Route(
        "GET",
        "/app/:key",
        name: "openSocket",
        group: group,
        "Open a WebSocket that speaks the Pusher Channels protocol; channels are asked for with a signature",
        needs: .nothing,
        query: [
            QueryParameter("protocol", .integer, "7"),
            QueryParameter("client", .string(), "The client library's name, as stock clients send it"),
            QueryParameter("version", .string(), "The client library's version"),
            QueryParameter("flash", .boolean, "Sent by stock clients, and without a meaning"),
        ],
        answers: [
            .empty(101, "The protocol begins"),
            // A handshake that is none, and parameters that are wrong.
            AnswerShape(
                status: 400,
                summary: "It is a bad one",
                content: [("text/plain", .string()), ("application/problem+json", .named(Problem.schema))]
            ),
            .text(426, "It must be a WebSocket"),
        ],
        isStream: true
    ) { call, _ in
        try call.live.pusher.response(to: call.request)
    }

    static let authorize = Route(
        "POST",
        "/broadcasting/auth",
        name: "authorizeChannel",
        group: group,
        "Sign that a socket may subscribe to a channel",
        needs: .login,
        body: BodyShape(
            content: [
                (
                    "application/x-www-form-urlencoded",
                    .object([.init("socket_id", .string(), "The socket"), .init("channel_name", .string(), "The channel")])
                ),
                (
                    "application/json",
                    .object([.init("socket_id", .string(), "The socket"), .init("channel_name", .string(), "The channel")])
                ),
            ],
            limit: 16 * 1024,
            isRequired: true
        ),
        answers: [
            .json(
                .object([
                    .init("auth", .string(), "The signature"),
                    .optional("channel_data", .string(), "For presence channels: who subscribes"),
                ])
            )
        ],
        record: .nothing
    ) { call, _ in
        let principal = try call.principal
        let member = PusherAuthorization.Member(
            id: principal.user?.description ?? principal.actor,
            info: ["name": principal.userName ?? principal.actor]
        )
        var fields = try call.fields()
        let (socket, channel) = (try fields.text("socket_id"), try fields.text("channel_name"))
        try fields.end()
        let text: String
        do {
            text = try await call.live.authorization.authorize(
                socketID: socket,
                channelName: channel,
                subject: principal.subject,
                member: member
            ) { try await mayRead($0, call) }
        } catch let refusal as PusherAuthorization.Refusal {
            switch refusal {
            case .malformed(let sentence): throw Problem.invalid(sentence)
            case .forbidden: throw Problem.forbidden(refusal.description)
            }
        }
        return .json(.raw(text))
    }

    // MARK: - Details

    private static func mayRead(_ channel: BroadcastChannel, _ call: Call) async throws -> Bool {
        let principal = try call.principal
        return try await call.services.database.read { try StoredRights.mayRead(channel, principal, in: $0) }
    }
}

extension Call {
    /// Live events.
    ///
    /// - Throws: ``Problem`` where this process has none.
    fileprivate var live: LiveServices {
        get throws {
            guard let live = services.live else { throw Problem.unavailable("This server has no live events.") }
            return live
        }
    }
}

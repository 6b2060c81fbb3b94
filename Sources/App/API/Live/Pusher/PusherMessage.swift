internal import FoundationEssentials

/// What a client sends.
enum PusherMessage: Sendable {
    case ping
    case pong
    case subscribe(Subscribe)
    case unsubscribe(channel: String)
    /// `client-…`: from one client to the others.
    case clientEvent
    /// A newer protocol's; passed over.
    case unknown

    struct Subscribe: Sendable, Decodable {
        var channel: String
        var auth: String?
        var channelData: String?
        /// Ours: the position, or the id, of the last event that the client has seen.
        var since: Since?

        enum CodingKeys: String, CodingKey {
            case channel, auth, since
            case channelData = "channel_data"
        }
    }

    /// A position, or an event's id with the position at its end.
    struct Since: Sendable, Decodable {
        let position: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A number first; what is none must be a text.
            if let number = try? container.decode(Int64.self) {
                position = number
            } else {
                let text = try container.decode(String.self)
                guard let last = text.split(separator: ":").last, let number = Int64(last) else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "since is no position")
                }
                position = number
            }
            guard position >= 0 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "since is negative")
            }
        }
    }

    /// The data of a message: an object, or, as some clients send it, an object as text.
    private struct Payload<Content: Decodable>: Decodable {
        let content: Content

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {  // the usual case is no text, and is decoded below
                content = try JSONDecoder().decode(Content.self, from: Data(text.utf8))
            } else {
                content = try container.decode(Content.self)
            }
        }
    }

    private struct Head: Decodable { var event: String }
    private struct Channel: Decodable { var channel: String }
    private struct Body<Content: Decodable>: Decodable { var data: Payload<Content> }

    /// Reads a message.
    ///
    /// - Throws: ``PusherError`` when it is none.
    init(_ text: String) throws(PusherError) {
        do {
            let (decoder, data) = (JSONDecoder(), Data(text.utf8))
            let event = try decoder.decode(Head.self, from: data).event
            switch event {
            case "pusher:ping": self = .ping
            case "pusher:pong": self = .pong
            case "pusher:subscribe": self = .subscribe(try decoder.decode(Body<Subscribe>.self, from: data).data.content)
            case "pusher:unsubscribe": self = .unsubscribe(channel: try decoder.decode(Body<Channel>.self, from: data).data.content.channel)
            default: self = event.hasPrefix("client-") ? .clientEvent : .unknown
            }
        } catch {
            throw .malformed("This is no message of the protocol.")
        }
    }
}

internal import Events
internal import WebServer

/// What the server sends, as frames.
enum PusherFrames {
    static let ping = EncodedFrame.text("{\"event\":\"pusher:ping\",\"data\":{}}")
    static let pong = EncodedFrame.text("{\"event\":\"pusher:pong\",\"data\":{}}")

    static func established(socket: String, activityTimeout: Int) -> EncodedFrame {
        let data = "{\"socket_id\":\"\(socket)\",\"activity_timeout\":\(activityTimeout)}"
        return .text("{\"event\":\"pusher:connection_established\",\"data\":\(JSONText.quoted(data))}")
    }

    static func error(_ error: PusherError) -> EncodedFrame { .text(error.text) }

    /// Also told to whoever listens to the channel: Laravel Echo's `error()`.
    static func subscriptionError(channel: String, _ error: PusherError) -> EncodedFrame {
        let data = "{\"type\":\"AuthError\",\"error\":\(JSONText.quoted(error.message)),\"status\":403}"
        return .text("{\"event\":\"pusher:subscription_error\",\"channel\":\(JSONText.quoted(channel)),\"data\":\(data)}")
    }

    /// An event; the same frame for all subscribers of the channel.
    static func event(_ broadcast: Broadcast, channel: String) -> EncodedFrame {
        let data = JSONText.quoted(broadcast.data)
        let name = JSONText.quoted(broadcast.name)
        // A channel's name needs no escapes.
        return .text("{\"event\":\(name),\"channel\":\"\(channel)\",\"id\":\"\(broadcast.id)\",\"data\":\(data)}")
    }

    /// A message of the protocol itself on a channel.
    static func inner(_ event: String, channel: String, data: String) -> EncodedFrame {
        .text("{\"event\":\"pusher_internal:\(event)\",\"channel\":\"\(channel)\",\"data\":\(JSONText.quoted(data))}")
    }
}

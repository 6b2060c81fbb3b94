package import Access
package import Events
internal import FoundationEssentials

/// The answer to a client that asks, over HTTP and with its own credentials, to be let into a channel: `POST /broadcasting/auth`.
///
/// - SeeAlso: <https://pusher.com/docs/channels/server_api/authorizing-users/>
package struct PusherAuthorization: Sendable {
    /// Who subscribes to a presence channel, as the other subscribers see it.
    package struct Member: Sendable, Hashable, Codable {
        package var id: String
        package var info: [String: String]

        package init(id: String, info: [String: String] = [:]) {
            self.id = id
            self.info = info
        }

        enum CodingKeys: String, CodingKey {
            case id = "user_id"
            case info = "user_info"
        }
    }

    /// Why a client is not let in.
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// A field is missing or is none: 400 or 422.
        case malformed(String)
        /// The channel is not this client's, or doesn't exist: 403.
        case forbidden(channel: String)

        package var description: String {
            switch self {
            case .malformed(let sentence): sentence
            case .forbidden(let channel): "The channel '\(channel)' doesn't exist, or isn't yours."
            }
        }
    }

    private let app: PusherApp

    package init(app: PusherApp) { self.app = app }

    /// Signs that a socket may subscribe to a channel.
    ///
    /// - Parameters:
    ///   - socketID: The form's `socket_id`.
    ///   - channelName: The form's `channel_name`.
    ///   - subject: Who asks, to be asked about again while the subscription lasts.
    ///   - member: The same, for presence channels.
    ///   - isAllowed: Whether whoever asks may read the channel.
    /// - Returns: `{"auth":"key:…:t12"}`, for a presence channel with `channel_data`.
    /// - Throws: ``Refusal``, or what `isAllowed` throws.
    package func authorize(
        socketID: String,
        channelName: String,
        subject: Subject,
        member: Member,
        isAllowed: (BroadcastChannel) async throws -> Bool
    ) async throws -> String {
        guard Self.isSocketID(socketID) else { throw Refusal.malformed("socket_id must be two numbers with a dot between: 1234.5678.") }
        guard let name = PusherChannelName(channelName), try await isAllowed(name.channel) else {
            throw Refusal.forbidden(channel: channelName)
        }
        guard name.kind == .presence else {
            let signature = app.signature(socket: socketID, channel: channelName, subject: subject, channelData: nil)
            return "{\"auth\":\(JSONText.quoted(signature))}"
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let channelData = String(decoding: try encoder.encode(member), as: UTF8.self)
        let signature = app.signature(socket: socketID, channel: channelName, subject: subject, channelData: channelData)
        return "{\"auth\":\(JSONText.quoted(signature)),\"channel_data\":\(JSONText.quoted(channelData))}"
    }

    /// Anything else could make one signature mean two things.
    private static func isSocketID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { (1...20).contains($0.count) && $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
    }
}

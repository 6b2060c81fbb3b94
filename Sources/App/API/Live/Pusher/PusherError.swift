/// What the Pusher protocol tells a client that can't have what it wants.
///
/// 4000–4099: don't come back as you are; 4100–4199: come back later; 4200–4299: come back at once; 4300–4399: only this message failed.
///
/// - SeeAlso: <https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/#error-codes>
struct PusherError: Error, Sendable, Hashable {
    let code: UInt16
    let message: String

    static let unknownApp = PusherError(code: 4001, message: "There is no app with this key.")
    static let disabled = PusherError(code: 4003, message: "Live events are switched off here.")
    static let overQuota = PusherError(code: 4004, message: "Too many connections.")
    static let pathNotFound = PusherError(code: 4005, message: "Connect to /app/KEY?protocol=7.")
    static let invalidVersion = PusherError(code: 4006, message: "protocol must be a number.")
    static let unsupportedVersion = PusherError(code: 4007, message: "Only version 7 of the protocol is spoken here.")
    static let missingVersion = PusherError(code: 4008, message: "protocol is missing: connect to /app/KEY?protocol=7.")
    static let overCapacity = PusherError(code: 4100, message: "Over capacity; come back later.")
    static let restarting = PusherError(code: 4200, message: "The server restarts; come back at once.")
    static let silent = PusherError(code: 4201, message: "No pong came.")
    static let clientEvent = PusherError(code: 4301, message: "Clients can't send events.")

    static let noSubscription = unauthorized("No subscription came in time; subscribe to a channel first.")

    static func unauthorized(_ message: String) -> PusherError { PusherError(code: 4009, message: message) }
    static func lostRight(to channel: String) -> PusherError { .unauthorized("You may no longer read '\(channel)'.") }
    static func malformed(_ message: String) -> PusherError { PusherError(code: 4200, message: message) }

    /// The frame that says it.
    var text: String {
        "{\"event\":\"pusher:error\",\"data\":{\"code\":\(code),\"message\":\(JSONText.quoted(message))}}"
    }
}

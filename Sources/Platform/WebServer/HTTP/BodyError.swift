/// Why a request's body can't be had.
package enum BodyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is longer than the reader, or the server, takes: answer 413.
    case tooLarge(limit: Int)
    /// The client went away, or sent too slowly, or broke the framing; nobody reads the answer.
    case clientGone

    package var description: String {
        switch self {
        case .tooLarge(let limit): "the body is larger than the limit of \(limit) bytes"
        case .clientGone: "the client went away while it sent the body"
        }
    }
}

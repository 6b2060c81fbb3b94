import FoundationEssentials
import WebServer

/// What a request shows of who sends it.
enum Credentials: Sendable {
    case none
    /// `Authorization: Bearer slp_…`, or HTTP's basic way with the token as password, as Terraform's http backend sends it.
    case token(String)
    /// A cookie, with the token against requests that another page forges.
    case session(String, csrf: String?)
    /// The user at the other end of the Unix socket.
    case localUser(UInt32)
    /// A header that can't be read.
    case unreadable

    /// The cookie that holds a session.
    static let cookie = "slipway_session"

    init(of request: Request) {
        if let header = request.headers["Authorization"] {
            self = Self.authorization(header)
        } else if let user = request.client.localUser {
            self = .localUser(user)
        } else if let session = Self.cookie(named: Self.cookie, in: request) {
            self = .session(session, csrf: request.headers["X-CSRF-Token"])
        } else {
            self = .none
        }
    }

    private static func authorization(_ header: String) -> Credentials {
        // What nearly all send.
        if header.utf8.starts(with: "Bearer slp_".utf8) { return .token(String(Substring(header.utf8.dropFirst(7)))) }
        let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .unreadable }
        switch parts[0].lowercased() {
        case "bearer":
            return .token(parts[1])
        case "basic":
            guard let data = Data(base64Encoded: parts[1]), let text = String(validating: data, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { return .unreadable }
            return .token(String(text[text.index(after: colon)...]))
        default:
            return .unreadable
        }
    }

    private static func cookie(named name: String, in request: Request) -> String? {
        for header in request.headers.all("Cookie") {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.utf8.count + 1)) }
            }
        }
        return nil
    }
}

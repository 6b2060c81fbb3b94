import Access
import FoundationEssentials
import Host
import WebServer

/// Finds out who sends a request.
struct Authenticator: Sendable {
    let services: APIServices

    /// Who sent it; nil: nobody who says so.
    ///
    /// - Throws: ``Problem``: 401 for what is wrong or over, 403 for a session without its CSRF token.
    func principal(of request: Request, changesSomething: Bool) async throws -> Principal? {
        switch Credentials(of: request) {
        case .none:
            return nil
        case .unreadable:
            throw Self.unauthorized("The header Authorization must be 'Bearer slp_…', or Basic with the token as password.", request)
        case .token(let text):
            guard let principal = try await services.access.authenticate(token: text) else {
                throw Self.unauthorized("The token is unknown, revoked or over; make another with slipway token add.", request)
            }
            return principal
        case .session(let text, let csrf):
            guard let session = try await services.access.authenticate(session: text) else {
                // A browser sends old cookies on; where nothing is needed they harm nobody.
                return nil
            }
            guard !changesSomething || session.accepts(csrfToken: csrf ?? "") else {
                throw Problem(403, "csrf", "A session must send its CSRF token in the header X-CSRF-Token.")
            }
            return session.principal
        case .localUser(let user):
            // The socket lies in the data folder: who may open it could read the keyring, too.
            guard user == 0 || user == CurrentUser.id else {
                throw Problem.forbidden("Only the user that the server runs as, and root, may use this socket.")
            }
            return .local("local:\(user == CurrentUser.id ? CurrentUser.name ?? String(user) : "root")")
        }
    }

    /// Says how to become known: Terraform asks with a name and a password.
    static func unauthorized(_ detail: String, _ request: Request) -> Problem {
        let isBackend = request.segments.starts(with: ["api", "state"])
        let challenge = isBackend ? "Basic realm=\"slipway\", charset=\"UTF-8\"" : "Bearer realm=\"slipway\""
        return Problem(401, "unauthorized", detail, headers: [HeaderField("WWW-Authenticate", challenge)])
    }
}

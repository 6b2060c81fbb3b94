package import FoundationEssentials

/// A browser that somebody logged in with.
package struct Session: Sendable {
    package let principal: Principal
    /// Must come with every request that changes something, in the header `X-CSRF-Token` or a form's field.
    package let csrfToken: String
    /// Moves on while the session is used.
    package let expiresAt: Date
}

/// A session that was just begun: the only time that its text is known.
package struct BegunSession: Sendable {
    package let session: Session
    /// The cookie's value: `HttpOnly`, `SameSite=Lax`, `Secure` where there is TLS.
    package let text: String
}

extension BegunSession: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "session of \(session.principal.actor), <redacted>" }
    package var debugDescription: String { description }
}

extension Session: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "session of \(principal.actor), <redacted>" }
    package var debugDescription: String { description }
}

/// Why a request about people, organizations and tokens is refused.
package struct AccessError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case notFound
        case invalid
        case conflict
        /// A wrong name or password; says nothing more.
        case denied
        /// More than the licence allows.
        case limitReached
        /// Too often; after this time it may work.
        case throttled(retryAfter: Duration)
    }

    package let reason: Reason
    /// One sentence that says what to change; no secret.
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}

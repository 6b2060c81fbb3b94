/// Whether one may, and when one may again.
package struct RateDecision: Sendable, Hashable {
    package let isAllowed: Bool
    /// How many more at once.
    package let remaining: Int
    /// Zero when it is allowed.
    package let retryAfter: Duration
}

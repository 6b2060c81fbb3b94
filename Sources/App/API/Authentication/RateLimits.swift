internal import Access
internal import Domain

/// How often anyone may ask.
///
/// A known caller is counted by token or user, and an address by what it asks without being known: whoever shares an address with
/// others is not held up by them. The Unix socket's user is not counted.
package struct RateLimits: Sendable {
    let callers: RateLimiter<String>
    let strangers: RateLimiter<String>

    /// Makes buckets.
    ///
    /// - Parameters:
    ///   - perCaller: Requests a second that a token may go on with; ten times as many at once.
    ///   - perStranger: Requests a second from an address whose caller is not known; ten times as many at once.
    package init(perCaller: Double = 200, perStranger: Double = 10) {
        callers = RateLimiter(capacity: max(1, Int(clamping: perCaller * 10)), perSecond: perCaller)
        strangers = RateLimiter(capacity: max(1, Int(clamping: perStranger * 10)), perSecond: perStranger)
    }
}

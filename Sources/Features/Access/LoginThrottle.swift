internal import Domain

/// Slows down whoever tries passwords: by user and address, by address, and by user from everywhere.
///
/// In this process's memory: another process, or this one after a restart, counts anew. A user can't be locked out from elsewhere
/// easily: the narrow limit is that of user and address together.
package struct LoginThrottle: Sendable {
    private struct Attempt: Hashable {
        let user: String
        let address: String
    }

    private let attempts: RateLimiter<Attempt>
    private let addresses: RateLimiter<String>
    private let users: RateLimiter<String>

    /// Makes one: 5 wrong passwords at once and one more a minute, 30 an address, 100 a user.
    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        attempts = RateLimiter(capacity: 5, perSecond: 1.0 / 60, maximumKeys: 20_000, now: now)
        addresses = RateLimiter(capacity: 30, perSecond: 0.2, maximumKeys: 20_000, now: now)
        users = RateLimiter(capacity: 100, perSecond: 0.5, maximumKeys: 20_000, now: now)
    }

    /// Counts an attempt before its password is looked at.
    ///
    /// - Throws: ``AccessError/Reason/throttled(retryAfter:)``.
    func begin(user: String, address: String) throws(AccessError) {
        // One after the other: who is refused takes nothing from the wider limits, which others share.
        let attempt = Attempt(user: user, address: address)
        var decision = attempts.take(attempt)
        if decision.isAllowed {
            decision = addresses.take(address)
            if decision.isAllowed {
                decision = users.take(user)
                if !decision.isAllowed { addresses.giveBack(address) }
            }
            if !decision.isAllowed { attempts.giveBack(attempt) }
        }
        guard !decision.isAllowed else { return }
        let wait = decision.retryAfter
        let seconds = max(1, Int(clamping: (wait / .seconds(1)).rounded(.up)))
        throw AccessError(.throttled(retryAfter: wait), "Too many wrong passwords: try again in \(seconds) seconds.")
    }

    /// The password was right: the attempt doesn't count.
    func succeeded(user: String, address: String) {
        attempts.giveBack(Attempt(user: user, address: address))
        addresses.giveBack(address)
        users.giveBack(user)
    }
}

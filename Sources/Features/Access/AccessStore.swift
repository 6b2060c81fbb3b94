package import Audit
package import Domain
package import FoundationEssentials
internal import Jobs
package import Sealing
package import Storage

/// Organizations, people, tokens, sessions and licences, and who a request comes from.
///
/// Every change is in the audit log, in the transaction that makes it; and it is effective at once in this process, within 5 seconds
/// in others. It checks what is asked for, not who asks: that is ``Principal``'s.
package final class AccessStore: Sendable {
    let database: Database
    let passwords: PasswordHasher
    let throttle: LoginThrottle
    let now: @Sendable () -> Date
    let audit = AuditLog()
    let jobs = JobStore()
    let tokenCache = PrincipalCache<KnownToken>()
    let sessionCache = PrincipalCache<KnownSession>()

    /// Makes one; one for a process, as it remembers who is who.
    package init(
        database: Database,
        passwords: PasswordHasher = PasswordHasher(),
        throttle: LoginThrottle = LoginThrottle(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.database = database
        self.passwords = passwords
        self.throttle = throttle
        self.now = now
    }

    /// Makes a change, and forgets what was known of principals.
    ///
    /// - Parameters:
    ///   - sentence: What is said when a row with that name is there already.
    ///   - body: The transaction.
    /// - Returns: What `body` returned.
    /// - Throws: ``AccessError``, ``StorageError``.
    func change<T: Sendable>(
        orConflict sentence: String = "That exists already.",
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        do {
            let value = try await database.write(body)
            forget()
            return value
        } catch let error as StorageError {
            // Whatever became of it.
            forget()
            if case .constraint(let constraint) = error.reason, constraint.kind == .unique {
                throw AccessError(.conflict, sentence)
            }
            throw error
        }
    }

    private func forget() {
        tokenCache.empty()
        sessionCache.empty()
    }

    /// Writes into the audit log that somebody was not allowed to do something, or failed to.
    ///
    /// - Throws: ``StorageError``.
    package func record(
        _ action: String,
        of subject: String,
        by author: Author,
        organization: OrganizationID?,
        details: [String: String] = [:],
        result: AuditResult = .denied
    ) async throws {
        let time = now()
        try await database.write { [audit] transaction in
            try audit.append(
                action,
                of: subject,
                by: author,
                organization: organization,
                details: details,
                result: result,
                at: time,
                in: transaction
            )
        }
    }

    /// Removes what is of no use any more: sessions that are over, idempotency keys of a day, tokens that ended 90 days ago.
    ///
    /// - Throws: ``StorageError``.
    package func prune() async throws {
        let time = now()
        try await database.write { transaction in
            try transaction.execute("DELETE FROM sessions WHERE expires_at <= \(time)")
            try transaction.execute("DELETE FROM idempotency_keys WHERE created_at <= \(time - IdempotencyStore.lifetime)")
            // The first start's stays: where it is missing, another is made.
            let end = time - 90 * 86_400
            try transaction.execute("DELETE FROM api_tokens WHERE is_first = 0 AND (revoked_at <= \(end) OR expires_at <= \(end))")
        }
    }

    /// Refuses what is no name: 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit.
    static func check(_ name: String, is what: String) throws(AccessError) {
        let isPlain = name.utf8.allSatisfy {
            TokenText.isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0)
        }
        guard let first = name.utf8.first, isPlain, name.utf8.count <= 64, TokenText.isLetterOrDigit(first) else {
            throw AccessError(
                .invalid,
                "The \(what)'s name must be 1 to 64 letters, digits, dots, dashes and underscores, and begin with a letter or digit."
            )
        }
    }
}

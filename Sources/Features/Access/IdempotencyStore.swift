package import FoundationEssentials
package import Storage

/// What was answered to requests with an `Idempotency-Key`, for 24 hours.
///
/// Ask ``answer(to:at:in:)`` first, and ``keep(_:for:at:in:)`` in the transaction that does what was asked for: when that transaction
/// is there, so is the answer, and of two requests at once one fails and finds the other's. No answer with a secret may be kept.
///
/// - SeeAlso: <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>
package struct IdempotencyStore: Sendable {
    /// How long an answer is kept, in seconds.
    package static let lifetime: Double = 24 * 3600

    /// A request that may come again.
    package struct Request: Sendable, Hashable {
        /// Whose key it is: the organization and the actor, `7/token:ci`.
        package let scope: String
        /// What the header says; at most 255 characters.
        package let key: String
        /// A hash of method, path and body: the same key with another one is refused.
        package let fingerprint: String

        package init(scope: String, key: String, fingerprint: String) {
            self.scope = scope
            self.key = key
            self.fingerprint = fingerprint
        }
    }

    /// What was answered.
    package struct Answer: Sendable, Hashable {
        /// Of HTTP.
        package let status: Int
        /// JSON.
        package let body: String

        package init(status: Int, body: String) {
            self.status = status
            self.body = body
        }
    }

    package init() {}

    /// What was answered to the same request; nil: it is new.
    ///
    /// - Throws: ``AccessError/Reason/conflict`` when the key was used for another request.
    package func answer(to request: Request, at now: Date, in transaction: Transaction) throws -> Answer? {
        let row = try transaction.first(
            """
            SELECT fingerprint, status, response FROM idempotency_keys
            WHERE scope = \(request.scope) AND key = \(request.key) AND created_at > \(now - Self.lifetime)
            """
        )
        guard let row else { return nil }
        guard try row.value("fingerprint", as: String.self) == request.fingerprint else {
            throw AccessError(.conflict, "This Idempotency-Key was used for another request: use a new one.")
        }
        return Answer(status: try row.value("status"), body: try row.value("response"))
    }

    /// Keeps an answer, in the transaction that does what was asked for.
    ///
    /// - Throws: ``AccessError`` for a key that is too long, and ``AccessError/Reason/conflict`` when another request with this key was
    ///   faster: nothing of this one is stored then, and ``answer(to:at:in:)`` has the other's.
    package func keep(_ answer: Answer, for request: Request, at now: Date, in transaction: Transaction) throws {
        guard 1...255 ~= request.key.unicodeScalars.count else {
            throw AccessError(.invalid, "The Idempotency-Key must have 1 to 255 characters.")
        }
        try transaction.execute(
            """
            DELETE FROM idempotency_keys
            WHERE scope = \(request.scope) AND key = \(request.key) AND created_at <= \(now - Self.lifetime)
            """
        )
        let count = try transaction.execute(
            """
            INSERT INTO idempotency_keys (scope, key, fingerprint, status, response, created_at)
            VALUES (\(request.scope), \(request.key), \(request.fingerprint), \(answer.status), \(answer.body), \(now))
            ON CONFLICT (scope, key) DO NOTHING
            """
        )
        guard count == 1 else { throw AccessError(.conflict, "The same request is being answered already: ask again.") }
    }
}

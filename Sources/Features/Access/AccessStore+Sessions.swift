package import Audit
package import Domain
internal import FoundationEssentials
internal import Sealing
internal import Storage

/// Who a session is, and until when.
struct KnownSession: Sendable {
    let principal: Principal
    let expiresAt: Date
}

/// A session as the database has it.
struct FoundSession: Sendable {
    let principal: Principal
    let created: Date
    let seen: Date
    let expires: Date
}

extension AccessStore {
    /// How long a session lives without being used, in seconds: 12 hours.
    private static var idle: Double { 12 * 3600 }
    /// How long it lives at most, in seconds: 7 days.
    private static var longest: Double { 7 * 86_400 }

    /// Logs a person in.
    ///
    /// Takes as long for a name that isn't there as for a wrong password. Who tries too often has to wait.
    ///
    /// - Parameters:
    ///   - name: In whatever case.
    ///   - password: What was typed.
    ///   - address: Where the request comes from.
    /// - Returns: The session, and the cookie's value.
    /// - Throws: ``AccessError/Reason/denied``, ``AccessError/Reason/throttled(retryAfter:)``, `PasswordHasher.Busy`, ``StorageError``.
    package func logIn(_ name: String, password: String, from address: String) async throws -> BegunSession {
        let user = try await verify(name, password: password, from: address)
        let text = try TokenText.random(count: 43)
        let time = now()
        let expiry = time + Self.idle
        let author = Author("user:\(user.name)", from: address)
        let principal = try await change { [audit] transaction in
            try transaction.execute("DELETE FROM sessions WHERE user_id = \(user.id) AND expires_at <= \(time)")
            try transaction.execute(
                """
                INSERT INTO sessions (id, user_id, address, created_at, seen_at, expires_at)
                VALUES (\(TokenText.hash(text)), \(user.id), \(address), \(time), \(time), \(expiry))
                """
            )
            try audit.append("session.begun", of: "user:\(user.name)", by: author, organization: nil, at: time, in: transaction)
            return try Self.principal(of: user, session: TokenText.hash(text), in: transaction)
        }
        return BegunSession(session: Session(principal: principal, csrfToken: Self.csrfToken(text), expiresAt: expiry), text: text)
    }

    /// Whether a name and a password belong together; throttled and audited as a login.
    ///
    /// - Returns: The person.
    /// - Throws: As ``logIn(_:password:from:)``.
    @discardableResult
    package func verify(_ name: String, password: String, from address: String) async throws -> User {
        let name = String(name.prefix(64)).lowercased()
        try throttle.begin(user: name, address: address)
        let found = try await database.read { transaction -> (User, String?)? in
            // What SQL can't take is no name.
            guard !name.utf8.contains(0) else { return nil }
            let row = try transaction.first(
                "SELECT \(sql: User.columns), password_hash FROM users WHERE name = \(name) AND disabled_at IS NULL"
            )
            return try row.map { (try User($0), try $0.value("password_hash")) }
        }
        let hash = found?.1.flatMap { PasswordHash($0) }
        guard password.utf8.count <= 1024, try await passwords.matches(password, hash), let (user, _) = found else {
            // A name that isn't there may be a password that was typed into the wrong field: it is not kept.
            let subject = found.map { "user:\($0.0.name)" } ?? "user:?"
            try await record("session.begun", of: subject, by: Author(subject, from: address), organization: nil)
            throw AccessError(.denied, "The name or the password is wrong.")
        }
        throttle.succeeded(user: name, address: address)
        return user
    }

    /// Whose session a cookie is.
    ///
    /// Remembered for 5 seconds, as tokens are. Its end moves on, at most once a minute.
    ///
    /// - Parameter text: The cookie's value.
    /// - Returns: Nil for one that was ended, is over, or whose person is disabled.
    /// - Throws: ``StorageError``.
    package func authenticate(session text: String) async throws -> Session? {
        guard text.utf8.count == 43, text.utf8.allSatisfy(TokenText.isLetterOrDigit) else { return nil }
        let (hash, time) = (TokenText.hash(text), now())
        if let known = sessionCache.value(hash, at: time) {
            guard known.expiresAt > time else { return nil }
            return Session(principal: known.principal, csrfToken: Self.csrfToken(text), expiresAt: known.expiresAt)
        }
        let generation = sessionCache.generation
        let found = try await database.read { try Self.session(hash, at: time, in: $0) }
        guard let found else { return nil }
        var expiry = found.expires
        if time.timeIntervalSince(found.seen) >= 60 {
            let later = min(time + Self.idle, found.created + Self.longest)
            let moved = try? await database.write { transaction in
                try transaction.execute(
                    "UPDATE sessions SET seen_at = \(time), expires_at = \(later) WHERE id = \(hash) AND expires_at > \(time)"
                )
            }
            // A database that takes no writes answers readers still: the session then ends when it was to.
            if moved == 1 { expiry = later }
        }
        sessionCache.store(
            KnownSession(principal: found.principal, expiresAt: expiry),
            for: hash,
            at: time,
            generation: generation
        )
        return Session(principal: found.principal, csrfToken: Self.csrfToken(text), expiresAt: expiry)
    }

    /// Ends a session; once more does nothing.
    ///
    /// - Throws: ``StorageError``.
    package func end(session text: String, by author: Author) async throws {
        let time = now()
        try await change { [audit] transaction in
            guard try transaction.execute("DELETE FROM sessions WHERE id = \(TokenText.hash(text))") > 0 else { return }
            try audit.append("session.ended", of: author.name, by: author, organization: nil, at: time, in: transaction)
        }
    }

    /// Ends all of a person's sessions.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func endSessions(of user: UserID, by author: Author) async throws -> Int {
        let time = now()
        return try await change { [audit] transaction in
            let name = try Self.name(of: user, in: transaction)
            let count = try transaction.execute("DELETE FROM sessions WHERE user_id = \(user)")
            let details = ["count": String(count)]
            try audit.append(
                "session.all_ended",
                of: "user:\(name)",
                by: author,
                organization: nil,
                details: details,
                at: time,
                in: transaction
            )
            return count
        }
    }

    // MARK: Details

    /// Derived from the cookie, which no script can read: nobody else can compute it, and nothing has to be kept.
    private static func csrfToken(_ text: String) -> String { SHA256.hex(Array("csrf:\(text)".utf8)) }

    /// A session that is still good: whose, and its times.
    static func session(_ id: String, at time: Date, in transaction: Transaction) throws -> FoundSession? {
        let row = try transaction.first(
            """
            SELECT s.user_id, s.created_at, s.seen_at, s.expires_at
            FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.id = \(id) AND s.expires_at > \(time) AND u.disabled_at IS NULL
            """
        )
        guard let row else { return nil }
        let user = try transaction.first(
            "SELECT \(sql: User.columns) FROM users WHERE id = \(try row.value("user_id", as: Int64.self))"
        )
        guard let user = try user.map(User.init) else { return nil }
        return FoundSession(
            principal: try principal(of: user, session: id, in: transaction),
            created: try row.value("created_at"),
            seen: try row.value("seen_at"),
            expires: try row.value("expires_at")
        )
    }

    private static func principal(of user: User, session: String, in transaction: Transaction) throws -> Principal {
        let (places, elsewhere) = try places(of: user.id, in: transaction)
        return Principal(
            actor: "user:\(user.name)",
            user: user.id,
            userName: user.name,
            session: session,
            organizations: places,
            roleElsewhere: elsewhere
        )
    }
}

extension Session {
    /// Whether a request's CSRF token is this session's; takes as long for every wrong one.
    package func accepts(csrfToken offered: String) -> Bool { ConstantTime.areEqual(offered, csrfToken) }
}

import Access
import Audit
import Domain
import FoundationEssentials
import Schema
import Sealing
import Storage
import Synchronization
import TestKit
import Testing

/// A store on a database of its own, with clocks that stand until they are moved.
struct AccessFixture: Sendable {
    final class Clock: Sendable {
        private let state = Mutex((Date(timeIntervalSince1970: 1_800_000_000), ContinuousClock.now))
        var date: Date { state.withLock { $0.0 } }
        var instant: ContinuousClock.Instant { state.withLock { $0.1 } }

        func advance(_ seconds: Double) {
            state.withLock { state in
                state.0 += seconds
                state.1 += .seconds(seconds)
            }
        }
    }

    let database: Database
    let clock: Clock
    let store: AccessStore
    let author = Author("anna@laptop")

    init(_ database: Database, clock: Clock = Clock()) {
        self.database = database
        self.clock = clock
        store = AccessStore(
            database: database,
            passwords: PasswordHasher(cost: Scrypt.Cost(logN: 4, r: 8, p: 1)),
            throttle: LoginThrottle { clock.instant },
            now: { clock.date }
        )
    }

    /// As another process sees it.
    var other: AccessFixture { AccessFixture(database, clock: clock) }

    func organization(_ name: String = "acme") async throws -> OrganizationID {
        try await store.createOrganization(named: name, by: author).id
    }

    func user(_ name: String = "bob", password: String? = "correct horse battery") async throws -> User {
        try await store.createUser(named: name, password: password, by: author)
    }

    /// Who a new token is.
    func principal(_ new: NewToken) async throws -> Principal {
        let made = try await store.createToken(new, by: author)
        return try #require(await store.authenticate(token: made.text))
    }

    /// The audit log's lines, oldest first: `action subject result`.
    func audited(_ prefix: String? = nil) async throws -> [String] {
        try await database.read { try AuditLog().entries(AuditFilter(actionPrefix: prefix), limit: 1000, in: $0) }
            .reversed().map { "\($0.action) \($0.subject) \($0.result)" }
    }
}

extension TestDatabase {
    func withAccess<T: Sendable>(_ body: (AccessFixture) async throws -> T) async throws -> T {
        try await with(migrations: Schema.migrations) { try await body(AccessFixture($0)) }
    }
}

/// The reason of the ``AccessError`` that `body` throws; nil for none.
func reason(_ body: () async throws -> Void) async throws -> AccessError.Reason? {
    do {
        try await body()
        return nil
    } catch let error as AccessError {
        return error.reason
    }
}

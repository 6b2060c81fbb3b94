import Domain
import FoundationEssentials
import Storage
import TestKit
import Testing

@testable import Access

@Suite struct `Sessions` {
    private static let password = "correct horse battery"

    @Test(arguments: TestDatabase.allCases)
    func `a person logs in, is known by the cookie, and logs out`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let store = fixture.store
            let (acme, bob) = (try await fixture.organization(), try await fixture.user())
            try await store.grant(.admin, to: bob.id, in: acme, by: fixture.author)
            let begun = try await store.logIn("Bob", password: Self.password, from: "192.0.2.1")
            #expect(begun.session.principal.actor == "user:bob" && begun.session.principal.organizations == [acme: .admin])
            #expect(!"\(begun) \(begun.session)".contains(begun.text) && !"\(begun.session)".contains(begun.session.csrfToken))
            for store in [store, fixture.other.store] {
                let session = try #require(try await store.authenticate(session: begun.text))
                #expect(session.principal.actor == "user:bob" && session.csrfToken == begun.session.csrfToken)
                #expect(session.accepts(csrfToken: begun.session.csrfToken))
                #expect(!session.accepts(csrfToken: String(begun.session.csrfToken.reversed())) && !session.accepts(csrfToken: ""))
            }
            let ids = try await fixture.database.read { try $0.rows("SELECT id FROM sessions").map { try $0.value("id", as: String.self) } }
            #expect(ids.count == 1 && ids != [begun.text])
            try await store.end(session: begun.text, by: begun.session.principal.author(from: "192.0.2.1"))
            #expect(try await store.authenticate(session: begun.text) == nil)
            let expected = ["session.begun user:bob ok", "session.ended user:bob ok"]
            #expect(try await fixture.audited("session.") == expected)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `its end moves on while it is used, to 7 days at most`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            _ = try await fixture.user()
            let begin = fixture.clock.date
            let begun = try await fixture.store.logIn("bob", password: Self.password, from: "192.0.2.1")
            #expect(begun.session.expiresAt == begin + 12 * 3600)
            var last: Session?
            for _ in 0..<40 {
                fixture.clock.advance(6 * 3600)
                guard let session = try await fixture.store.authenticate(session: begun.text) else { break }
                last = session
            }
            #expect(last?.expiresAt == begin + 7 * 86_400)
            #expect(fixture.clock.date.timeIntervalSince(begin) == 7 * 86_400)
            let idle = try await fixture.store.logIn("bob", password: Self.password, from: "192.0.2.1")
            fixture.clock.advance(12 * 3600)
            #expect(try await fixture.store.authenticate(session: idle.text) == nil)
            try await fixture.store.prune()
            #expect(try await fixture.database.read { try $0.rows("SELECT id FROM sessions").isEmpty })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `another password, and being disabled, end them all`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let bob = try await fixture.user()
            let first = try await fixture.store.logIn("bob", password: Self.password, from: "192.0.2.1")
            #expect(try await fixture.store.authenticate(session: first.text) != nil)
            try await fixture.store.setPassword("another long one", of: bob.id, by: fixture.author)
            #expect(try await fixture.store.authenticate(session: first.text) == nil)
            let old = try await reason { _ = try await fixture.store.logIn("bob", password: Self.password, from: "192.0.2.1") }
            #expect(old == .denied)
            let second = try await fixture.store.logIn("bob", password: "another long one", from: "192.0.2.1")
            try await fixture.store.setDisabled(true, user: bob.id, by: fixture.author)
            #expect(try await fixture.store.authenticate(session: second.text) == nil)
            let disabled = try await reason { _ = try await fixture.store.logIn("bob", password: "another long one", from: "192.0.2.1") }
            #expect(disabled == .denied)
            let third = try await fixture.store.setDisabled(false, user: bob.id, by: fixture.author)
            #expect(third.disabledAt == nil)
            _ = try await fixture.store.logIn("bob", password: "another long one", from: "192.0.2.1")
            #expect(try await fixture.store.endSessions(of: bob.id, by: fixture.author) == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a wrong name, a wrong password and no password are refused alike, and kept`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            _ = try await fixture.user()
            _ = try await fixture.user("robot", password: nil)
            var sentences: Set<String> = []
            for (name, password) in [
                ("bob", "wrong"), ("eve", "wrong"), ("robot", ""), ("bob\u{0}", "x"), ("", ""),
                ("bob", String(repeating: "x", count: 5000)),
            ] {
                do {
                    _ = try await fixture.store.logIn(name, password: password, from: "192.0.2.\(sentences.count)")
                    Issue.record("\(name) is in")
                } catch let error as AccessError {
                    #expect(error.reason == .denied)
                    sentences.insert(error.description)
                }
            }
            #expect(sentences.count == 1)
            // Who typed a password into the field of the name doesn't find it in the log.
            let lines = try await fixture.audited("session.begun")
            #expect(Set(lines) == ["session.begun user:bob denied", "session.begun user:? denied", "session.begun user:robot denied"])
            #expect(lines.count == 6)
        }
    }

    @Test func `who tries passwords is slowed down, and nobody else`() async throws {
        try await TestDatabase.sqlite.withAccess { fixture in
            _ = try await fixture.user()
            func attempt(_ password: String, from address: String) async throws -> AccessError.Reason? {
                try await reason { _ = try await fixture.store.verify("bob", password: password, from: address) }
            }
            for _ in 0..<5 { #expect(try await attempt("wrong", from: "192.0.2.1") == .denied) }
            #expect(try await attempt(Self.password, from: "192.0.2.1") == .throttled(retryAfter: .seconds(60)))
            #expect(try await attempt(Self.password, from: "192.0.2.2") == nil)
            fixture.clock.advance(60)
            #expect(try await attempt(Self.password, from: "192.0.2.1") == nil)
            // Right ones don't count.
            for _ in 0..<20 { #expect(try await attempt(Self.password, from: "192.0.2.3") == nil) }
        }
    }

    @Test func `an address that tries many names is slowed down, and a name from everywhere`() {
        let clock = AccessFixture.Clock()
        let throttle = LoginThrottle { clock.instant }
        func count(_ attempts: [(String, String)]) -> Int {
            attempts.count { user, address in
                do {
                    try throttle.begin(user: user, address: address)
                    return true
                } catch { return false }
            }
        }
        #expect(count((0..<100).map { ("user\($0)", "192.0.2.1") }) == 30)
        #expect(count((0..<200).map { ("bob", "198.51.100.\($0)") }) == 100)
        #expect(count([("eve", "203.0.113.1")]) == 1)
        // Being refused takes nothing from others.
        #expect(count((0..<1000).map { _ in ("carol", "203.0.113.2") }) == 5)
        #expect(count([("carol", "203.0.113.3")]) == 1)
    }
}

import Domain
import FoundationEssentials
import Storage
import TestKit
import Testing

@testable import Access

@Suite struct `Subjects` {
    @Test func `one is read as it is written, and in no other way`() throws {
        let session = String(repeating: "0a", count: 32)
        for subject in [Subject.token(TokenID(rawValue: 12)), .session(session), .local] { #expect(Subject(subject.text) == subject) }
        #expect(["t12", "s\(session)", "l"].map { Subject($0)?.text } == ["t12", "s\(session)", "l"])
        for text in [
            "", "t", "t0", "t-1", "t+1", "t012", "t12 ", "t9223372036854775808", "s", "s\(session.uppercased())", "s\(session)0", "sx",
            "l1",
            "L", "x", "u5", "t1:l",
        ] {
            #expect(Subject(text) == nil, "\(text)")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a token's ends with the token, at its hour, and with its person, whatever is remembered`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let (acme, bob) = (try await fixture.organization(), try await fixture.user())
            func now(_ principal: Principal) async throws -> Principal? {
                try await fixture.database.read { [store = fixture.store] in try store.principal(of: principal.subject, in: $0) }
            }
            try await fixture.store.grant(.member, to: bob.id, in: acme, by: fixture.author)
            let end = fixture.clock.date + 3
            let machine = try await fixture.principal(NewToken(name: "ci", owner: .organization(acme, .viewer)))
            let person = try await fixture.principal(NewToken(name: "laptop", owner: .user(bob.id)))
            let brief = try await fixture.principal(NewToken(name: "brief", owner: .organization(acme, .viewer), expiresAt: end))
            for principal in [machine, person, brief] { #expect(try await now(principal) == principal) }
            // As another process does it: this one's cache keeps what it has.
            let other = fixture.other.store
            fixture.clock.advance(3)
            #expect(try await now(brief) == nil)
            _ = try await other.revokeToken(try #require(machine.token), by: fixture.author)
            #expect(try await now(machine) == nil)
            try await other.revoke(bob.id, in: acme, by: fixture.author)
            #expect(try await now(person)?.organizations == [:])
            _ = try await other.setDisabled(true, user: bob.id, by: fixture.author)
            #expect(try await now(person) == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a session's ends with the session, which it doesn't prolong`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            _ = try await fixture.user()
            func now(_ subject: Subject) async throws -> Principal? {
                try await fixture.database.read { [store = fixture.store] in try store.principal(of: subject, in: $0) }
            }
            func begin() async throws -> (subject: Subject, text: String) {
                let begun = try await fixture.store.logIn("bob", password: "correct horse battery", from: "192.0.2.1")
                let again = try await fixture.store.authenticate(session: begun.text)
                #expect(
                    again?.principal.subject == begun.session.principal.subject
                        && !begun.session.principal.subject.text.contains(begun.text)
                )
                return (begun.session.principal.subject, begun.text)
            }
            let (one, two) = (try await begin(), try await begin())
            #expect(try await now(one.subject)?.actor == "user:bob")
            try await fixture.other.store.end(session: one.text, by: fixture.author)
            #expect(try await now(one.subject) == nil)
            for _ in 0..<2 {
                #expect(try await now(two.subject)?.actor == "user:bob")
                fixture.clock.advance(6 * 3600)
            }
            #expect(try await now(two.subject) == nil)
            let local = try await now(.local)
            #expect(local?.isAdministrator == true && local?.subject == .local)
        }
    }
}

import Access
import Domain
import TestKit
import Testing

@Suite struct `The network of an organization` {
    @Test(arguments: TestDatabase.allCases)
    func `is set, kept where nothing is said, taken back, and each change is in the audit log`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let (store, author) = (fixture.store, fixture.author)
            let acme = try await fixture.organization()
            let none = try #require(try await store.organization(acme))
            #expect(none.network == nil && none.allowedRanges.isEmpty)
            let first = try await store.setNetwork(.filtered, allowing: ["10.0.0.0/8", "192.168.1.1", "10.0.0.0/8"], of: acme, by: author)
            #expect(first.network == .filtered && first.allowedRanges.map(\.description) == ["10.0.0.0/8", "192.168.1.1/32"])
            let second = try await store.setNetwork(NetworkMode.none, allowing: nil, of: acme, by: author)
            #expect(second.network == NetworkMode.none && second.allowedRanges == first.allowedRanges)
            #expect(try await store.organizations().first == second)
            // Nothing changes, so nothing is told.
            #expect(try await store.setNetwork(nil, allowing: nil, of: acme, by: author) == second)
            let last = try await store.resetNetwork(of: acme, by: author)
            #expect(last.network == nil && last.allowedRanges.isEmpty)
            #expect(try await fixture.audited("organization.network").count == 3)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", "the network 'host'"), ("192.0.0.3", "no other machine"), ("fd00::/8", "IPv4 only"), ("10.0.0.1/8", "first address"),
        ("everything", "10.20.0.0/16"), ("", "10.20.0.0/16"),
    ])
    func `a range that can't be opened is refused with what to write`(text: String, sentence: String) async throws {
        try await TestDatabase.sqlite.withAccess { fixture in
            let acme = try await fixture.organization()
            let error = await #expect(throws: AccessError.self) {
                try await fixture.store.setNetwork(.filtered, allowing: [text], of: acme, by: fixture.author)
            }
            #expect(error?.reason == .invalid && error?.description.contains(sentence) == true, "\(String(describing: error))")
            #expect(try await fixture.store.organization(acme)?.network == nil)
        }
    }

    @Test func `a hundred ranges are enough`() async throws {
        try await TestDatabase.sqlite.withAccess { fixture in
            let acme = try await fixture.organization()
            let ranges = (0...100).map { "10.\($0).0.0/16" }
            await #expect(throws: AccessError.self) {
                try await fixture.store.setNetwork(nil, allowing: ranges, of: acme, by: fixture.author)
            }
        }
    }
}

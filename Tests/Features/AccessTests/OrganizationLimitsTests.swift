import Access
import Domain
import TestKit
import Testing

@Suite struct `The limits of an organization's runs` {
    @Test(arguments: TestDatabase.allCases)
    func `are set, kept where nothing is said, reset one by one or all, and each change is in the audit log`(
        kind: TestDatabase
    ) async throws {
        try await kind.withAccess { fixture in
            let (store, author) = (fixture.store, fixture.author)
            let acme = try await fixture.organization()
            #expect(try #require(try await store.organization(acme)).limits.isEmpty)
            let first = try await store.setLimits([.memory: 512 * 1_048_576, .processors: 1.5, .files: 100], of: acme, by: author)
            #expect(first.limits.whole(.memory) == 512 << 20 && first.limits[.processors] == 1.5 && first.limits[.disk] == nil)
            let changes: [RunLimit: Double?] = [.memory: nil, .disk: 1_073_741_824, .log: 1_048_576, .processes: 64]
            let second = try await store.setLimits(changes, of: acme, by: author)
            #expect(second.limits[.memory] == nil && second.limits.whole(.files) == 100 && second.limits[.processors] == 1.5)
            #expect(second.limits.whole(.disk) == 1 << 30 && second.limits.whole(.log) == 1 << 20 && second.limits.whole(.processes) == 64)
            #expect(try await store.organizations().first == second)
            // Nothing changes, so nothing is told.
            #expect(try await store.setLimits([:], of: acme, by: author) == second)
            #expect(try await store.setLimits([.files: 100, .memory: nil], of: acme, by: author) == second)
            // The network is another matter.
            #expect(try await store.setNetwork(.filtered, allowing: nil, of: acme, by: author).limits == second.limits)
            #expect(try await store.resetLimits(of: acme, by: author).limits.isEmpty)
            #expect(try await store.organization(acme)?.network == .filtered)
            #expect(try await fixture.audited("organization.limits").count == 3)
        }
    }

    @Test(arguments: RunLimit.allCases) func `an amount that is not possible is refused with what to write`(limit: RunLimit) async throws {
        try await TestDatabase.sqlite.withAccess { fixture in
            let acme = try await fixture.organization()
            for amount in [0, -1, .nan, .infinity, 1e300, limit.range.lowerBound - 0.05, limit.range.upperBound + 1] {
                let error = await #expect(throws: AccessError.self) {
                    try await fixture.store.setLimits([limit: amount], of: acme, by: fixture.author)
                }
                #expect(error?.reason == .invalid && error?.description.contains(limit.wanted) == true, "\(String(describing: error))")
            }
            #expect(try await fixture.store.organization(acme)?.limits.isEmpty == true)
            let nobody = OrganizationID(rawValue: 99)
            #expect(try await reason { try await fixture.store.resetLimits(of: nobody, by: fixture.author) } == .notFound)
        }
    }
}

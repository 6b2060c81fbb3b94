import Audit
import Domain
import FoundationEssentials
import StateVault
import Storage
import Synchronization
import TestKit
import Testing

@Suite struct `Retention` {
    private static let begin = Date(timeIntervalSince1970: 1_700_000_000)

    /// 50 versions, one a day, the last one today.
    private func withHistory(
        _ kind: TestDatabase,
        _ body: (VaultFixture, TestBackups) async throws -> Void
    ) async throws {
        let clock = Mutex(Self.begin)
        let now: @Sendable () -> Date = { clock.withLock { $0 } }
        try await BackupKind.folder.with { store in
            try await kind.withVault(backups: BackupPlace(store), now: now) { fixture in
                for serial in 1...50 {
                    try await fixture.saveBackedUp(serial...serial)
                    clock.withLock { $0 += 86400 }
                }
                clock.withLock { $0 += 60 * 86400 }
                try await body(fixture, store)
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `The newest, the young, the pinned and the current stay`(kind: TestDatabase) async throws {
        try await withHistory(kind) { fixture, store in
            try await fixture.vault.pin(fixture.first, version: 3, by: "ada")
            try await fixture.vault.backUp(fixture.first, version: 3)
            // Version n is 110 - n days old and some: 90 days keep 21 and younger ones, 30 versions the same.
            let dry = try await fixture.vault.prune(isDryRun: true, author: "ada")
            #expect(dry.removed.map(\.version) == [1, 2] + Array(4...20) && dry.sealedByteCount > 0)
            #expect(try await fixture.vault.versions(of: fixture.first, limit: 100).count == 50)
            let policy = RetentionPolicy(versions: 5, days: 70)
            try await fixture.database.write { transaction in
                try fixture.vault.setRetention(policy, of: OrganizationID(rawValue: 1), by: "ada", in: transaction)
            }
            #expect(try await fixture.vault.prune(isDryRun: true, author: "ada").removed.map(\.version) == [1, 2] + Array(4...40))
            // What isn't said otherwise stays as the organization has it.
            let fewer = try await fixture.vault.prune(isDryRun: true, author: "ada") { RetentionPolicy(versions: $0.versions, days: 80) }
            #expect(fewer.removed.map(\.version) == [1, 2] + Array(4...30) && fewer.removed.allSatisfy { $0.project == "shop" })
            let report = try await fixture.vault.prune(author: "ada") { _ in RetentionPolicy(versions: 30, days: 0) }
            #expect(report.removed == dry.removed && report.delayed.isEmpty)
            let left = try await fixture.vault.versions(of: fixture.first, limit: 100).map(\.version)
            #expect(left == Array((21...50).reversed()) + [3])
            for version in 1...50 {
                #expect(try await store.exists(VaultFixture.key(version)) == left.contains(version))
            }
            #expect(try await fixture.vault.load(fixture.first, version: 1) == nil)
            #expect(try await fixture.vault.verify().findings.isEmpty)
            #expect(try await fixture.audited("state.pruned").count == 19)
            #expect(try await fixture.vault.prune(author: "ada") { _ in RetentionPolicy(versions: 1, days: 0) }.removed.count == 29)
            #expect(try await fixture.vault.versions(of: fixture.first).map(\.version) == [50, 3])
            #expect(try await fixture.vault.load(fixture.first) != nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `What the store keeps back is finished later, and a pin brings a marked one back`(kind: TestDatabase) async throws {
        try await withHistory(kind) { fixture, store in
            let policy = RetentionPolicy(versions: 47, days: 0)
            store.goAway()
            let report = try await fixture.vault.prune(author: "ada") { _ in policy }
            #expect(report.removed.isEmpty && report.delayed.map(\.version) == [1, 2, 3] && report.problem != nil)
            #expect(try await fixture.facts(1)?.prunedAt != nil)
            try await fixture.vault.pin(fixture.first, version: 2, by: "ada")
            store.goAway(false)
            #expect(
                try await fixture.vault.prune(author: "ada") { _ in RetentionPolicy(versions: 50, days: 0) }.removed.map(\.version) == [
                    1, 3,
                ]
            )
            #expect(try await fixture.vault.load(fixture.first, version: 2) != nil)
            #expect(try await fixture.facts(2)?.isPinned == true)
            try await fixture.vault.unpin(fixture.first, version: 2, by: "ada")
            #expect(try await fixture.vault.prune(author: "ada") { _ in policy }.removed.map(\.version) == [2])
        }
    }
}
